using System.Globalization;

namespace AgentSandbox.Guest.Probes;

/// <summary>Whether a payload reaches a disk below every file system.</summary>
internal static class DeviceProbe
{
    private const int ReadOnly = 0x80900; // O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC: opened, never read
    private const int Fifo = 0x1180; // S_IFIFO | rw-------
    private const int BlockDevice = 0x6180; // S_IFBLK | rw-------

    /// <summary>Arguments: path of the host's device, its major and minor number; on the host also the folder to work in.</summary>
    public static ProbeReport Block(string[] args)
    {
        KernelResult existing = Kernel.CallPath("openat", args[0], ReadOnly);
        if (existing.Ok)
        {
            Kernel.Close(existing.Value);
            return new ProbeReport(ProbeReport.Open, 0, true, $"opened {args[0]}");
        }

        (int major, int minor) = (int.Parse(args[1], CultureInfo.InvariantCulture), int.Parse(args[2], CultureInfo.InvariantCulture));
        int number = ((major & 0xFFF) << 8) | (minor & 0xFF);
        int errno = existing.Errno;
        string tried = $"open {args[0]}";
        bool control = false;
        foreach (string folder in SandboxFolder.Writable(args.Length > 3 ? args[3] : null))
        {
            control |= TryNode(folder, Fifo, 0, out _);
            KernelResult made = default;
            if (TryNode(folder, BlockDevice, number, out made))
            {
                return new ProbeReport(ProbeReport.Open, 0, control, $"made and opened a block device {major}:{minor} in {folder}");
            }

            (errno, tried) = (made.Errno, $"block device {major}:{minor} in {folder}");
        }

        return new ProbeReport(ProbeReport.Closed, errno, control, tried);
    }

    private static bool TryNode(string folder, int mode, int number, out KernelResult result)
    {
        string name = SandboxFolder.NewName(folder);
        result = Kernel.CallPath("mknodat", name, mode, number);
        if (!result.Ok)
        {
            return false;
        }

        result = Kernel.CallPath("openat", name, ReadOnly);
        if (result.Ok)
        {
            Kernel.Close(result.Value);
        }

        Kernel.CallPath("unlink", name);
        return result.Ok;
    }
}
