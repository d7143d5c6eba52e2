using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Archive;

/// <summary>Where a copy goes, decided by the receiver as cp(1) decides it: into an existing folder under the source's own name, else to that very path.</summary>
/// <param name="Parent">The open folder that the item is made in.</param>
/// <param name="Name">The name that it gets there, ending in NUL.</param>
/// <param name="Path">The path to show.</param>
internal sealed record CopyDestination(SafeFileHandle Parent, byte[] Name, string Path) : IDisposable
{
    /// <summary>Opens the destination.</summary>
    /// <param name="path">Absolute path, in normal form but for a slash at its end.</param>
    /// <param name="ownName">Name of the source.</param>
    /// <param name="followLast">Follow a link at the path's end. Not on the host: in a folder that a sandbox can write, it would be the sandbox that chooses the destination.</param>
    /// <returns>The destination.</returns>
    /// <exception cref="ArchiveException">It is a link.</exception>
    /// <exception cref="NativeIOException">The folder that it would be in does not exist or can't be entered.</exception>
    public static CopyDestination Open(string path, string ownName, bool followLast)
    {
        string trimmed = path.TrimEnd('/');
        if (trimmed.Length == 0)
        {
            return new CopyDestination(OpenFolder("/"), Own(ownName), "/" + ownName);
        }

        int slash = trimmed.LastIndexOf('/');
        SafeFileHandle parent = OpenFolder(slash <= 0 ? "/" : trimmed[..slash]);
        byte[] last = LinuxFile.Name(trimmed[(slash + 1)..]);
        try
        {
            int errno = LinuxFile.TryStatAt(parent, last, out StatX stat);
            if (errno == 0 && stat.IsSymbolicLink && !followLast)
            {
                throw new ArchiveException(ArchiveFault.Refused, $"The destination '{DisplayText.Of(trimmed)}' is a symbolic link; links are not followed.");
            }

            if (errno == Errno.NoEntry && trimmed.Length < path.Length)
            {
                errno = Native.MakeFolderAt(parent, last, 0x1FF) == 0 ? 0 : throw NativeIOException.Last("mkdir", last);
            }

            if (errno is not (0 or Errno.NoEntry))
            {
                throw new NativeIOException(errno, "open", last);
            }

            if (errno == 0 && TryOpenFolder(parent, last, followLast) is SafeFileHandle folder)
            {
                parent.Dispose();
                return new CopyDestination(folder, Own(ownName), $"{trimmed}/{ownName}");
            }

            return trimmed.Length < path.Length ? throw new NativeIOException(Errno.NotFolder, "open", last) : new CopyDestination(parent, last, trimmed);
        }
        catch
        {
            parent.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Parent.Dispose();

    private static byte[] Own(string name) => name.Length > 0
        ? LinuxFile.Name(name)
        : throw new ArchiveException(ArchiveFault.Refused, "The source is a root folder, which has no name of its own: give a destination that does not exist yet.");

    private static SafeFileHandle OpenFolder(string path) => LinuxFile.Open(path, OpenFlags.PathOnly | OpenFlags.Folder);

    private static SafeFileHandle? TryOpenFolder(SafeFileHandle parent, byte[] name, bool follow)
    {
        int flags = OpenFlags.PathOnly | OpenFlags.Folder | OpenFlags.CloseOnExec | (follow ? 0 : OpenFlags.NoFollow);
        int fd = Native.OpenAt(parent, name, flags, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : null;
    }
}
