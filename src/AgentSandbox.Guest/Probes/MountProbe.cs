using System.Globalization;
using System.Text;

namespace AgentSandbox.Guest.Probes;

/// <summary>Whether something can be mounted: memory, or a drive of Windows.</summary>
internal static unsafe class MountProbe
{
    private const nint NewMounts = 0x2_0000; // CLONE_NEWNS
    private const nint Private = 0x4_4000; // MS_PRIVATE | MS_REC
    private const nint Flags = 0xF; // MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC
    private const nint Detach = 2; // MNT_DETACH

    /// <summary>Arguments: the folder to work in, empty for one of the sandbox's own; address of a file server that mounts may name as {server}; mounts as TYPE|SOURCE|OPTIONS.</summary>
    public static ProbeReport Mount(string[] args)
    {
        string? folder = SandboxFolder.Writable(args[0].Length > 0 ? args[0] : null).FirstOrDefault();
        if (folder is null)
        {
            return new ProbeReport(ProbeReport.Closed, 30, false, "No folder could be made to mount on");
        }

        // Where it may, this thread gets mounts of its own: nobody else sees what it mounts, and it ends with this process, however that ends.
        if (Kernel.Call("unshare", NewMounts).Ok)
        {
            Call("none", "/", "none", Private, "");
        }

        string target = SandboxFolder.NewName(folder);
        Kernel.CallPath("mkdirat", target, 0x1C0);
        try
        {
            return Try(target, args[1], args[2..]);
        }
        finally
        {
            Kernel.CallPath("rmdir", target);
        }
    }

    private static ProbeReport Try(string target, string server, string[] mounts)
    {
        var failures = new List<string>();
        int errno = 0;
        foreach (string mount in mounts)
        {
            string[] parts = mount.Split('|');
            nint socket = -1;
            if (parts[2].Contains("{server}", StringComparison.Ordinal))
            {
                KernelResult connected = SocketReach.Connect(server, out socket);
                if (!connected.Ok)
                {
                    errno = connected.Errno;
                    failures.Add($"{parts[0]} over {server} (errno {errno})");
                    continue;
                }
            }

            KernelResult result = Call(parts[1], target, parts[0], Flags, parts[2].Replace("{server}", socket.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
            if (socket >= 0)
            {
                Kernel.Close(socket);
            }

            if (result.Ok)
            {
                Kernel.CallPath("umount2", target, Detach);
                return new ProbeReport(ProbeReport.Open, 0, true, $"mounted {parts[1]} as {parts[0]}, and unmounted it");
            }

            errno = result.Errno;
            failures.Add($"{parts[0]} of {parts[1]} (errno {errno})");
        }

        return new ProbeReport(ProbeReport.Closed, errno, true, $"mount {string.Join(", ", failures)}");
    }

    private static KernelResult Call(string source, string target, string type, nint flags, string options)
    {
        fixed (byte* s = Bytes(source), t = Bytes(target), f = Bytes(type), o = Bytes(options))
        {
            return Kernel.Call("mount", (nint)s, (nint)t, (nint)f, flags, (nint)o);
        }

        static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text + '\0');
    }
}
