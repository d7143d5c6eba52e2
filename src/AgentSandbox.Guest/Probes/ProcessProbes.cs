using System.Globalization;

namespace AgentSandbox.Guest.Probes;

/// <summary>Probes of the processes of the host.</summary>
internal static class ProcessProbes
{
    private const int Signal0 = 0;
    private const int SigUsr1 = 10;
    private const int SigKill = 9;
    private const int SigChild = 17;
    private const int TraceSeize = 0x4206;

    /// <summary>Arguments: the prefix of the canary's last argument, which ends in the secret. The secret is found, never given.</summary>
    public static ProbeReport HostVisible(string[] args)
    {
        string prefix = args[0];
        int seen = 0;
        if (!Directory.Exists("/proc"))
        {
            return new ProbeReport(ProbeReport.Closed, 2, false, "There is no /proc.");
        }

        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _) || !TryRead(folder + "/cmdline", out string line))
            {
                continue;
            }

            seen++;
            foreach (string argument in line.Split('\0'))
            {
                // This process has the prefix alone among its arguments.
                if (argument.StartsWith(prefix, StringComparison.Ordinal) && argument.Length > prefix.Length)
                {
                    return ProbeReport.OfSecret(argument[prefix.Length..], 0, true, $"{folder}/cmdline shows a process of the host.");
                }
            }
        }

        return new ProbeReport(ProbeReport.Closed, 0, seen > 0, $"/proc shows {seen} processes, none of the host's.");
    }

    /// <summary>Arguments: the canary's process id; the prefix of the value that ends in the secret.</summary>
    public static ProbeReport HostEnvironment(string[] args)
    {
        bool control = TryRead("/proc/self/environ", out _);
        KernelResult file = Kernel.CallPath("openat", $"/proc/{args[0]}/environ", 0x80000 /* O_CLOEXEC */);
        if (!file.Ok)
        {
            return new ProbeReport(ProbeReport.Closed, file.Errno, control, $"open /proc/{args[0]}/environ");
        }

        // As long as it is: the canary has its parent's environment too.
        var text = new System.Text.StringBuilder();
        while (Kernel.Read(file.Value, out string part) is { Ok: true, Value: > 0 } && text.Length < 1 << 21)
        {
            text.Append(part);
        }

        Kernel.Close(file.Value);
        string all = text.ToString();
        int at = all.IndexOf("=" + args[1], StringComparison.Ordinal);
        return ProbeReport.OfSecret(at < 0 ? "" : all[(at + 1 + args[1].Length)..].Split('\0')[0], 0, control, $"read /proc/{args[0]}/environ");
    }

    /// <summary>Arguments: the canary's process id.</summary>
    public static ProbeReport SignalHost(string[] args)
    {
        nint own = Kernel.Call("getpid").Value;
        bool control = Kernel.Call("kill", own, Signal0).Ok;
        return ProbeReport.Of(Kernel.Call("kill", Number(args[0]), SigUsr1), control, $"kill({args[0]}, SIGUSR1)");
    }

    /// <summary>Arguments: the canary's process id; milliseconds to stay attached, so that the host can see it. The kernel detaches when this process ends.</summary>
    public static ProbeReport TraceHost(string[] args)
    {
        bool control = false;
        KernelResult child = Kernel.Child(SigChild, "pause");
        if (child.Ok)
        {
            control = Kernel.Call("ptrace", TraceSeize, child.Value).Ok;
            Kernel.Call("kill", child.Value, SigKill);
            Kernel.Wait(child.Value);
        }

        KernelResult attached = Kernel.Call("ptrace", TraceSeize, Number(args[0]));
        if (attached.Ok)
        {
            Thread.Sleep((int)Number(args[1]));
        }

        return ProbeReport.Of(attached, control, $"ptrace(PTRACE_SEIZE, {args[0]})");
    }

    private static bool TryRead(string path, out string text)
    {
        text = "";
        KernelResult file = Kernel.CallPath("openat", path, 0x80000 /* O_CLOEXEC */);
        if (!file.Ok)
        {
            return false; // The process has ended, or its owner hides it.
        }

        bool read = Kernel.Read(file.Value, out text).Ok;
        Kernel.Close(file.Value);
        return read;
    }

    private static nint Number(string text) => nint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
