using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Connection.FileChannel;

/// <summary>A hostile folder on Linux: openat(2) with O_NOFOLLOW.</summary>
internal sealed class LinuxIncomingFolder : IncomingFolder
{
    private readonly SafeFileHandle _folder;

    private LinuxIncomingFolder(SafeFileHandle folder) => _folder = folder;

    /// <summary>Opens a folder.</summary>
    /// <param name="parent">Where it is: the host's own, which nobody else can replace.</param>
    /// <param name="id">Its name.</param>
    /// <returns>The folder, or null when it is not there.</returns>
    public static IncomingFolder? TryOpenFolder(string parent, string id)
    {
        using SafeFileHandle up = LinuxFile.Open(parent, OpenFlags.ReadOnly | OpenFlags.Folder);
        SafeFileHandle? folder = LinuxFile.TryOpenAt(up, LinuxFile.Name(id), OpenFlags.ReadOnly | OpenFlags.Folder, 0, out int errno);
        return folder is not null ? new LinuxIncomingFolder(folder) : errno == Errno.NoEntry ? null : throw NotOrdinary(id);
    }

    /// <inheritdoc/>
    public override FileStream? TryOpen(string name)
    {
        // NonBlocking: to open a FIFO would else wait for its writer.
        int flags = OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal;
        SafeFileHandle? file = LinuxFile.TryOpenAt(_folder, LinuxFile.Name(name), flags, 0, out int errno);
        if (file is null)
        {
            return errno == Errno.NoEntry ? null : throw NotOrdinary(name);
        }

        StatX found = LinuxFile.Stat(file);
        if (!found.IsFile || found.LinkCount > 1)
        {
            file.Dispose();
            throw NotOrdinary(name);
        }

        return new FileStream(file, FileAccess.Read, bufferSize: 1);
    }

    /// <inheritdoc/>
    public override void Dispose() => _folder.Dispose();
}
