using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Files;

/// <summary>Files by an open folder on Linux: the calls that end in "at", with O_NOFOLLOW.</summary>
internal sealed class LinuxFolderFiles : IFolderFiles
{
    private static readonly char[] _separators = ['/'];

    private LinuxFolderFiles()
    {
    }

    /// <summary>The one that there is.</summary>
    public static LinuxFolderFiles Instance { get; } = new();

    /// <inheritdoc/>
    public Archive.IPosixFiles Posix => Archive.LinuxPosixFiles.Instance;

    /// <inheritdoc/>
    public char[] Separators => _separators;

    /// <inheritdoc/>
    public string? NameProblem(byte[] name) => null;

    /// <inheritdoc/>
    public SafeFileHandle OpenFolder(string path) => LinuxFile.Open(path, OpenFlags.PathOnly | OpenFlags.Folder);

    /// <inheritdoc/>
    public SafeFileHandle OpenSource(string path, bool followLast) =>
        LinuxFile.Open(path, OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal | (followLast ? 0 : OpenFlags.NoFollow));

    /// <inheritdoc/>
    public SafeFileHandle? TryOpenFolder(SafeFileHandle parent, byte[] name, bool follow, out int errno)
    {
        int fd = Native.OpenAt(parent, name, OpenFlags.PathOnly | OpenFlags.Folder | OpenFlags.CloseOnExec | (follow ? 0 : OpenFlags.NoFollow), 0);
        errno = fd >= 0 ? 0 : Marshal.GetLastPInvokeError();
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : null;
    }

    /// <inheritdoc/>
    public SafeFileHandle? TryOpen(SafeFileHandle folder, byte[] name, out int errno) =>
        // O_NONBLOCK: what was a file a moment ago may be a FIFO now, whose open would wait for ever.
        LinuxFile.TryOpenAt(folder, name, OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.NoControllingTerminal, 0, out errno);

    /// <inheritdoc/>
    public SafeFileHandle? TryCreate(SafeFileHandle folder, byte[] name, uint mode, out int errno) =>
        LinuxFile.TryOpenAt(folder, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, mode, out errno);

    /// <inheritdoc/>
    public int MakeFolder(SafeFileHandle parent, byte[] name, uint mode) => Native.MakeFolderAt(parent, name, mode) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <inheritdoc/>
    public int Replace(SafeFileHandle folder, byte[] from, byte[] to) => Native.RenameAt(folder, from, folder, to) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <inheritdoc/>
    public void Delete(SafeFileHandle folder, byte[] name) => _ = Native.UnlinkAt(folder, name, 0);

    /// <inheritdoc/>
    public int TryLook(SafeFileHandle folder, byte[] name, out FileFacts facts)
    {
        int errno = LinuxFile.TryStatAt(folder, name, out StatX stat);
        facts = errno == 0 ? Facts(stat) : default;
        return errno;
    }

    /// <inheritdoc/>
    public FileFacts Look(SafeFileHandle file) => Facts(LinuxFile.Stat(file));

    /// <inheritdoc/>
    public List<byte[]> List(SafeFileHandle folder) => FolderReader.Read(folder);

    /// <inheritdoc/>
    public byte[]? TryReadLink(SafeFileHandle folder, byte[] name) => LinuxFile.TryReadLink(folder, name);

    /// <inheritdoc/>
    public int Read(SafeFileHandle file, Span<byte> buffer) => LinuxFile.Read(file, buffer);

    /// <inheritdoc/>
    public void Write(SafeFileHandle file, ReadOnlySpan<byte> data) => LinuxFile.Write(file, data);

    /// <inheritdoc/>
    public void SetModified(SafeFileHandle file, long seconds) => LinuxFile.SetModified(file, null, seconds, 0);

    private static FileFacts Facts(in StatX stat) =>
        new(stat.IsFile ? FileKind.File : stat.IsFolder ? FileKind.Folder : stat.IsSymbolicLink ? FileKind.Link : FileKind.Other, (long)stat.Size, stat.Mode, stat.ModifiedSeconds);
}
