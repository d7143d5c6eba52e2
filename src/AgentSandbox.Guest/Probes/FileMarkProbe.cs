namespace AgentSandbox.Guest.Probes;

/// <summary>Makes an empty file with a name that the host gave, in each folder where that is possible, for the host to look for; and removes it again.</summary>
internal static unsafe class FileMarkProbe
{
    private const int Create = 0x800C1; // O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC: never a file that is there, and through no link
    private const int OwnerOnly = 0x180;
    private const int ReadOnlyFileSystem = 30; // EROFS
    private const nint NewMounts = 0x2_0000; // CLONE_NEWNS
    private const nint Private = 0x4_4000; // MS_PRIVATE | MS_REC
    private const nint Writable = 0x1020; // MS_REMOUNT | MS_BIND, and so without MS_RDONLY

    /// <summary>Arguments: <c>make</c> or <c>remove</c>; the name; the folders.</summary>
    public static ProbeReport Run(string[] args)
    {
        bool make = args[0] switch
        {
            "make" => true,
            "remove" => false,
            _ => throw new ArgumentException($"There is no way '{args[0]}' to mark."),
        };
        var refused = new List<string>();
        var done = new List<string>();
        int errno = 0;
        List<string> readOnly = Try(args[2..], args[1], make, done, refused, ref errno);
        if (readOnly.Count > 0 && MakeWritable(readOnly))
        {
            Try([.. readOnly], args[1], make, done, refused, ref errno);
        }

        string detail = $"{args[0]} a file in {(done.Count == 0 ? "no folder" : string.Join(", ", done))}, refused in {refused.Count}";
        return done.Count > 0 || !make
            ? new ProbeReport(ProbeReport.Open, 0, true, detail)
            : new ProbeReport(ProbeReport.Closed, errno, SandboxFolder.Writable().Any(), detail);
    }

    private static List<string> Try(string[] folders, string name, bool make, List<string> done, List<string> refused, ref int errno)
    {
        var readOnly = new List<string>();
        foreach (string folder in folders)
        {
            string path = $"{folder.TrimEnd('/')}/{name}";
            KernelResult result = make ? Kernel.CallPath("openat", path, Create, OwnerOnly) : Kernel.CallPath("unlink", path);
            if (result.Ok)
            {
                if (make)
                {
                    Kernel.Close(result.Value);
                }

                refused.Remove(folder);
                done.Add(folder);
                continue;
            }

            errno = result.Errno;
            refused.Remove(folder);
            refused.Add(folder);
            if (errno == ReadOnlyFileSystem)
            {
                readOnly.Add(folder);
            }
        }

        return readOnly;
    }

    /// <summary>
    /// Who may mount can take "read-only" off a mount. In mounts of this thread's own, which end with this process: where it may not have those, the
    /// sandbox's are left as they are.
    /// </summary>
    private static bool MakeWritable(List<string> folders)
    {
        if (!Kernel.Call("unshare", NewMounts).Ok)
        {
            return false;
        }

        Call("/", Private);
        foreach (string folder in folders)
        {
            Call(folder, Writable); // Refused where nothing is mounted at that very folder: one above it may be.
        }

        return true;
    }

    private static void Call(string target, nint flags)
    {
        fixed (byte* none = "none"u8, path = System.Text.Encoding.UTF8.GetBytes(target + '\0'))
        {
            Kernel.Call("mount", (nint)none, (nint)path, (nint)none, flags, 0);
        }
    }
}
