using AgentSandbox.Backends.Linux.FileSystem;
using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>/proc and a small /dev for a root that nobody else gives them. The /proc is the host's: a chroot has no other processes to show.</summary>
internal static class HostProcAndDev
{
    private static readonly string[] s_devices = ["null", "zero", "full", "random", "urandom", "tty"];
    private static readonly (string Name, string Target)[] s_links =
        [("ptmx", "pts/ptmx"), ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2")];

    /// <summary>Mounts both, and with a read-only root a writable /run.</summary>
    /// <param name="root">The root.</param>
    /// <param name="readOnlyRoot">The root will be read-only.</param>
    /// <param name="owner">Owner of mount points that are missing.</param>
    /// <param name="networkDevice">With the device of virtual network interfaces.</param>
    public static void Mount(int root, bool readOnlyRoot, uint owner, bool networkDevice)
    {
        MountAt(root, "/proc", "proc", Libc.MS_NOSUID | Libc.MS_NODEV | Libc.MS_NOEXEC, null, owner);
        MountAt(root, "/dev", "tmpfs", Libc.MS_NOSUID | Libc.MS_NOEXEC, "mode=755,size=64k", owner);
        if (networkDevice)
        {
            using FileDescriptor folder = RootPath.OpenOrCreateDirectory(root, "/dev/net", 0);
        }

        foreach (string device in networkDevice ? [.. s_devices, "net/tun"] : s_devices)
        {
            using FileDescriptor tree = BindMount.CloneDevice("/dev/" + device);
            using FileDescriptor place = RootPath.OpenOrCreateFile(root, "/dev/" + device, 0);
            BindMount.Attach(tree, place, "/dev/" + device);
        }

        using (FileDescriptor dev = RootPath.TryOpen(root, "/dev", Libc.O_PATH)!)
        {
            foreach ((string name, string target) in s_links)
            {
                File.CreateSymbolicLink($"{RootBuilder.ProcPath(dev)}/{name}", target);
            }
        }

        // An instance of its own (each mount is one since Linux 4.7): none of the host's terminals is in it. Group 5 is tty wherever there are terminals.
        MountAt(root, "/dev/pts", "devpts", Libc.MS_NOSUID | Libc.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620,gid=5,max=1024", 0);
        MountAt(root, "/dev/shm", "tmpfs", Libc.MS_NOSUID | Libc.MS_NODEV, "mode=1777,size=64m", 0);
        if (readOnlyRoot)
        {
            MountAt(root, "/run", "tmpfs", Libc.MS_NOSUID | Libc.MS_NODEV, "mode=755,size=16m", owner);
        }
    }

    private static void MountAt(int root, string target, string type, ulong flags, string? options, uint owner)
    {
        using FileDescriptor place = RootPath.OpenOrCreateDirectory(root, target, owner);
        Errno.Check(Libc.Mount(type, RootBuilder.ProcPath(place), type, flags, options), $"mount {target}");
    }
}
