namespace AgentSandbox.Guest.Probes;

/// <summary>Probes of the files of the host.</summary>
internal static class FileSystemProbes
{
    private const int ReadOnly = 0x80900; // O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC
    private const int Append = 0x80D01; // O_WRONLY | O_APPEND, and the same; never O_CREAT
    private const int Create = 0x800C1; // O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
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

    /// <summary>Arguments: on the host the folder to work in, else empty; the folders of programs. Where none of them is, the root: whoever can write there makes them.</summary>
    public static ProbeReport Programs(string[] args)
    {
        bool control = SandboxFolder.Writable(args[0].Length > 0 ? args[0] : null).Any();
        string[] folders = [.. args[1..].Where(static folder => Kernel.CallPath("openat", folder, PathOnly) is { Ok: true, Value: var descriptor } && Closed(descriptor))];
        int errno = 0;
        foreach (string folder in folders.Length > 0 ? folders : [""])
        {
            string name = SandboxFolder.NewName(folder);
            KernelResult made = Kernel.CallPath("openat", name, Create, 0x180);
            if (made.Ok)
            {
                Kernel.Close(made.Value);
                Kernel.CallPath("unlink", name);
                return new ProbeReport(ProbeReport.Open, 0, control, $"a file can be made in {(folder.Length > 0 ? folder : "/")}");
            }

            errno = made.Errno;
        }

        return new ProbeReport(ProbeReport.Closed, errno, control, $"make a file in {(folders.Length > 0 ? string.Join(", ", folders) : "/")}");
    }

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

    private static bool Closed(nint descriptor)
    {
        Kernel.Close(descriptor);
        return true;
    }
}
