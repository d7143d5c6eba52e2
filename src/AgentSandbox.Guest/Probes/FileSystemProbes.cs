namespace AgentSandbox.Guest.Probes;

/// <summary>Probes of the files of the host.</summary>
internal static class FileSystemProbes
{
    private const int ReadOnly = 0x80900; // O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC
    private const int Append = 0x80D01; // O_WRONLY | O_APPEND, and the same; never O_CREAT
    private const int PathOnly = 0x280000; // O_PATH | O_CLOEXEC

    /// <summary>Arguments: path of the canary.</summary>
    public static ProbeReport HostPath(string[] args) =>
        ReadSecret(args[0], Kernel.CallPath("openat", "/", ReadOnly).Ok);

    /// <summary>Arguments: path of the writable canary; what to append to it; on the host also the folder to work in.</summary>
    public static ProbeReport HostWrite(string[] args)
    {
        bool control = SandboxFolder.Writable(args.Length > 2 ? args[2] : null).Any();
        KernelResult file = Kernel.CallPath("openat", args[0], Append);
        KernelResult result = file.Ok ? Kernel.Write(file.Value, args[1] + "\n") : file;
        return ProbeReport.Of(result, control, $"write to {args[0]}");
    }

    /// <summary>Arguments: the canary's process id; path of the canary file.</summary>
    public static ProbeReport ProcRoot(string[] args) =>
        ReadSecret($"/proc/{args[0]}/root{args[1]}", Kernel.CallPath("openat", "/proc/self/root", PathOnly).Ok);

    /// <summary>Reads a canary.</summary>
    public static ProbeReport ReadSecret(string path, bool control)
    {
        KernelResult file = Kernel.CallPath("openat", path, ReadOnly);
        if (!file.Ok)
        {
            return new ProbeReport(ProbeReport.Closed, file.Errno, control, $"open {path}");
        }

        KernelResult read = Kernel.Read(file.Value, out string text);
        Kernel.Close(file.Value);
        return ProbeReport.OfSecret(text.Trim(), read.Errno, control, $"read {path}");
    }
}
