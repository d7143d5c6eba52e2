using System.Globalization;

namespace AgentSandbox.Guest.Probes;

/// <summary>Whether files by which the kernel is set and read can be opened. Nothing is written; opening is what rights decide.</summary>
internal static unsafe class KernelFileProbes
{
    private const int WriteOnly = 0x80901; // O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC; never O_CREAT or O_TRUNC
    private const int ReadOnly = 0x80900;
    private const int ReadWrite = 0x80902;

    /// <summary>Arguments: paths of files that must not be writable.</summary>
    public static ProbeReport Writable(string[] args) => OpenAny(args, WriteOnly, "for writing");

    /// <summary>Arguments: path and number of each device.</summary>
    public static ProbeReport Devices(string[] args)
    {
        int errno = 2;
        for (int i = 0; i + 1 < args.Length; i += 2)
        {
            KernelResult result = Kernel.CallPath("openat", args[i], ReadWrite);
            if (result.Ok)
            {
                string number = Number(result.Value);
                Kernel.Close(result.Value);
                if (number == args[i + 1])
                {
                    return new ProbeReport(ProbeReport.Open, 0, true, $"opened {args[i]}, device {number}");
                }
            }

            errno = result.Ok ? errno : result.Errno;
        }

        return OpenAny([], ReadWrite, "") with { Errno = errno, Detail = $"open {args.Length / 2} devices" };
    }

    /// <summary>No arguments. Addresses of the kernel's code, which are all zero for those who shall not know them.</summary>
    public static ProbeReport Symbols(string[] args)
    {
        bool control = Kernel.CallPath("openat", "/proc/self/root", 0x280000 /* O_PATH | O_CLOEXEC */) is { Ok: true };
        KernelResult file = Kernel.CallPath("openat", "/proc/kallsyms", ReadOnly);
        if (!file.Ok)
        {
            return new ProbeReport(ProbeReport.Closed, file.Errno, control, "open /proc/kallsyms");
        }

        KernelResult read = Kernel.Read(file.Value, out string text);
        Kernel.Close(file.Value);
        string[] addresses = [.. text.Split('\n').SkipLast(1).Select(line => line.Split(' ')[0])];
        return addresses.Any(address => ulong.TryParse(address, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong number) && number != 0)
            ? new ProbeReport(ProbeReport.Open, 0, control, "/proc/kallsyms shows addresses of the kernel")
            : new ProbeReport(ProbeReport.Closed, read.Errno, control, $"/proc/kallsyms shows {addresses.Length} addresses, all zero");
    }

    /// <summary>Arguments: paths of files that must have nothing to say.</summary>
    public static ProbeReport HaveData(string[] args)
    {
        bool control = Kernel.CallPath("openat", "/proc/self/status", ReadOnly) is { Ok: true, Value: var status } && Kernel.Read(status, out _) is { Ok: true, Value: > 0 };
        int errno = 0;
        foreach (string path in args)
        {
            KernelResult file = Kernel.CallPath("openat", path, ReadOnly);
            KernelResult read = file.Ok ? Kernel.Read(file.Value, out _) : file;
            if (file.Ok)
            {
                Kernel.Close(file.Value);
            }

            if (read is { Ok: true, Value: > 0 })
            {
                return new ProbeReport(ProbeReport.Open, 0, control, $"read {read.Value} bytes of {path}");
            }

            errno = read.Ok ? errno : read.Errno;
        }

        return new ProbeReport(ProbeReport.Closed, errno, control, $"read {string.Join(", ", args)}");
    }

    /// <summary>No arguments. Files of the control groups that are mounted where this process is: its limits, its devices, and the program that runs when a group empties.</summary>
    public static ProbeReport ControlGroups(string[] args)
    {
        KernelResult file = Kernel.CallPath("openat", "/proc/self/mountinfo", ReadOnly);
        if (!file.Ok || args.Length > 0)
        {
            return new ProbeReport(ProbeReport.Closed, file.Errno, false, "open /proc/self/mountinfo");
        }

        Kernel.Close(file.Value);
        string[] mounts = [.. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(" - cgroup", StringComparison.Ordinal)).Select(line => line.Split(' ')[4])];
        string[] names = ["release_agent", "devices.allow", "memory.limit_in_bytes", "pids.max", "memory.max", "cpu.max", "cgroup.procs", "cgroup.subtree_control"];
        return mounts.Length == 0
            ? new ProbeReport(ProbeReport.Closed, 2, true, "no control groups are mounted")
            : OpenAny([.. mounts.SelectMany(mount => names.Select(name => $"{mount}/{name}"))], WriteOnly, "for writing") with { SelfTest = true };
    }

    private static string Number(nint descriptor)
    {
        // stx_rdev_major and stx_rdev_minor are at 128 and 132, statx(2).
        byte* status = stackalloc byte[256];
        byte empty = 0;
        KernelResult result = Kernel.Call("statx", descriptor, (nint)(&empty), 0x1000 /* AT_EMPTY_PATH */, 0x7FF, (nint)status);
        return result.Ok ? string.Create(CultureInfo.InvariantCulture, $"{*(uint*)(status + 128)}:{*(uint*)(status + 132)}") : "";
    }

    private static ProbeReport OpenAny(string[] paths, int flags, string how)
    {
        // The control: a file is opened in this way that everyone may.
        KernelResult nothing = Kernel.CallPath("openat", "/dev/null", flags);
        if (nothing.Ok)
        {
            Kernel.Close(nothing.Value);
        }

        int errno = 2;
        foreach (string path in paths)
        {
            KernelResult result = Kernel.CallPath("openat", path, flags);
            if (result.Ok)
            {
                Kernel.Close(result.Value);
                return new ProbeReport(ProbeReport.Open, 0, nothing.Ok, $"opened {path} {how}");
            }

            errno = result.Errno;
        }

        return new ProbeReport(ProbeReport.Closed, errno, nothing.Ok, $"open {how} {(paths.Length > 4 ? $"{paths.Length} files" : string.Join(", ", paths))}");
    }
}
