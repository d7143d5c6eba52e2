using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Backends.Linux.FileSystem;

/// <summary>
/// Paths inside a sandbox's root, resolved as the sandbox would (openat2(2), RESOLVE_IN_ROOT): a link that an image or a guest planted
/// leads to a place in that root, never on the host.
/// </summary>
internal static class RootPath
{
    private const ulong RESOLVE_NO_MAGICLINKS = 2;
    private const ulong RESOLVE_IN_ROOT = 0x10;

    /// <summary>Opens a path in a root.</summary>
    /// <param name="rootFd">The root, an O_PATH descriptor.</param>
    /// <param name="path">A path inside.</param>
    /// <param name="flags">Of open(2).</param>
    /// <param name="mode">Of a new file.</param>
    /// <returns>The descriptor, or null when the path does not exist.</returns>
    public static FileDescriptor? TryOpen(int rootFd, string path, int flags, uint mode = 0)
    {
        var how = new Libc.OpenHow { Flags = (ulong)(flags | Libc.O_CLOEXEC), Mode = mode, Resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS };
        for (int attempt = 0; ; attempt++)
        {
            int fd = Libc.OpenAt2(rootFd, path, how);
            if (fd >= 0)
            {
                return new FileDescriptor(fd);
            }

            int errno = Errno.Last;
            if (errno == Errno.EAGAIN && attempt < 100)
            {
                continue; // Something was renamed meanwhile (openat2(2)); the kernel asks to try again.
            }

            return errno == Errno.ENOENT ? null : throw Errno.Exception($"open {path} in the sandbox's root", errno);
        }
    }

    /// <summary>Opens a folder in a root, and makes those of its path that do not exist.</summary>
    /// <param name="rootFd">The root.</param>
    /// <param name="path">A path inside.</param>
    /// <param name="owner">Owner and group of new folders.</param>
    /// <returns>An O_PATH descriptor.</returns>
    public static FileDescriptor OpenOrCreateDirectory(int rootFd, string path, uint owner)
    {
        string current = "";
        FileDescriptor parent = TryOpen(rootFd, "/", Libc.O_PATH)!;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            current += "/" + part;
            FileDescriptor? next = TryOpen(rootFd, current, Libc.O_PATH);
            if (next is null)
            {
                using (parent)
                {
                    Errno.Check(Libc.MkDirAt(parent.Value, part, 0x1ED), $"mkdir {current} in the sandbox's root");
                    Errno.Check(Libc.FChownAt(parent.Value, part, owner, owner, 0x100), $"chown {current} in the sandbox's root");
                }

                next = TryOpen(rootFd, current, Libc.O_PATH) ?? throw Errno.Exception($"open {current} in the sandbox's root", Errno.ENOENT);
            }
            else
            {
                parent.Dispose();
            }

            parent = next;
        }

        return parent;
    }

    /// <summary>Opens a file in a root to mount something over it; makes an empty one when it does not exist.</summary>
    /// <param name="rootFd">The root.</param>
    /// <param name="path">A path inside.</param>
    /// <param name="owner">Owner and group of what is made.</param>
    /// <returns>An O_PATH descriptor.</returns>
    public static FileDescriptor OpenOrCreateFile(int rootFd, string path, uint owner)
    {
        if (TryOpen(rootFd, path, Libc.O_PATH) is { } existing)
        {
            return existing;
        }

        int slash = path.TrimEnd('/').LastIndexOf('/');
        string name = path.TrimEnd('/')[(slash + 1)..];
        using FileDescriptor parent = OpenOrCreateDirectory(rootFd, path[..Math.Max(slash, 0)], owner);
        using (var file = new FileDescriptor(Errno.Check(
            Libc.OpenAt(parent.Value, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_CLOEXEC, 0x1A4),
            $"create {path} in the sandbox's root")))
        {
            Errno.Check(Libc.FChownAt(parent.Value, name, owner, owner, 0x100), $"chown {path} in the sandbox's root");
        }

        return TryOpen(rootFd, path, Libc.O_PATH) ?? throw Errno.Exception($"open {path} in the sandbox's root", Errno.ENOENT);
    }
}
