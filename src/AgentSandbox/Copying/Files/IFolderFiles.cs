using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Files;

/// <summary>What a name in a folder, or an open file, is.</summary>
internal enum FileKind
{
    /// <summary>Something that is not copied: a device or a pipe.</summary>
    Other,

    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link of Linux.</summary>
    Link,

    /// <summary>A reparse point of Windows: a link, a junction, a placeholder of a file that is elsewhere.</summary>
    ReparsePoint,
}

/// <summary>What copying wants to know about a file.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Size">Bytes of content.</param>
/// <param name="Mode">Permissions, with setuid, setgid and sticky; on Windows what an archive has for them.</param>
/// <param name="Modified">Time of the last change, in seconds since 1970.</param>
internal readonly record struct FileFacts(FileKind Kind, long Size, uint Mode, long Modified);

/// <summary>
/// Files by an open folder and a name in it, so that nobody can swap the way to them in between, and never through a link: what the archive code
/// stands on, on each system. Names are UTF-8 (on Linux any bytes) and end in NUL. Errors are errno(3), see <see cref="Errno"/>, on every system.
/// </summary>
internal interface IFolderFiles
{
    /// <summary>Links, owners and permissions; null where the system has none that an archive knows.</summary>
    Archive.IPosixFiles? Posix { get; }

    /// <summary>What separates the components of a path here; the first is the one to write.</summary>
    char[] Separators { get; }

    /// <summary>Says why a name of an archive can't be one here.</summary>
    /// <param name="name">One component, ending in NUL.</param>
    /// <returns>The end of a sentence that begins with the name, or null when it can.</returns>
    string? NameProblem(byte[] name);

    /// <summary>Opens a folder by its path, following links.</summary>
    /// <param name="path">Absolute path.</param>
    /// <returns>The folder, for opening what is in it.</returns>
    /// <exception cref="NativeIOException">It can't be opened.</exception>
    SafeFileHandle OpenFolder(string path);

    /// <summary>Opens a file or folder by its path, to read it; links on the way are followed.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="followLast">Follow a link at its end too.</param>
    /// <returns>The file or folder.</returns>
    /// <exception cref="NativeIOException">It can't be opened; ELOOP when it is a link that is not to be followed.</exception>
    SafeFileHandle OpenSource(string path, bool followLast);

    /// <summary>Opens a folder in a folder, for opening what is in it.</summary>
    /// <param name="parent">The folder.</param>
    /// <param name="name">The name.</param>
    /// <param name="follow">Follow a link. Only in a sandbox itself.</param>
    /// <param name="errno">Why not, when the result is null. A link is ENOTDIR.</param>
    /// <returns>The folder, or null.</returns>
    SafeFileHandle? TryOpenFolder(SafeFileHandle parent, byte[] name, bool follow, out int errno);

    /// <summary>Opens what a name stands for, to read it: a file's content or a folder's names.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The name.</param>
    /// <param name="errno">Why not, when the result is null.</param>
    /// <returns>The file or folder, or null.</returns>
    SafeFileHandle? TryOpen(SafeFileHandle folder, byte[] name, out int errno);

    /// <summary>Makes a new file, to write it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The name.</param>
    /// <param name="mode">Its permissions, less what the system takes away.</param>
    /// <param name="errno">Why not, when the result is null; EEXIST when the name is taken.</param>
    /// <returns>The file, or null.</returns>
    SafeFileHandle? TryCreate(SafeFileHandle folder, byte[] name, uint mode, out int errno);

    /// <summary>Makes a new folder.</summary>
    /// <param name="parent">The folder that it is made in.</param>
    /// <param name="name">The name.</param>
    /// <param name="mode">Its permissions, less what the system takes away.</param>
    /// <returns>0 or errno(3).</returns>
    int MakeFolder(SafeFileHandle parent, byte[] name, uint mode);

    /// <summary>Gives a file the name of another one, which goes in the same step.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="from">The file.</param>
    /// <param name="to">The other file, or a link.</param>
    /// <returns>0 or errno(3).</returns>
    int Replace(SafeFileHandle folder, byte[] from, byte[] to);

    /// <summary>Deletes a file; that it is not there is fine.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The name.</param>
    void Delete(SafeFileHandle folder, byte[] name);

    /// <summary>Looks at a name.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The name.</param>
    /// <param name="facts">What it is.</param>
    /// <returns>0 or errno(3).</returns>
    int TryLook(SafeFileHandle folder, byte[] name, out FileFacts facts);

    /// <summary>Looks at an open file or folder.</summary>
    /// <param name="file">The file.</param>
    /// <returns>What it is.</returns>
    FileFacts Look(SafeFileHandle file);

    /// <summary>Lists an open folder, by the handle alone.</summary>
    /// <param name="folder">The folder, opened for reading.</param>
    /// <returns>Every name but "." and "..", ending in NUL, in an order of their own.</returns>
    List<byte[]> List(SafeFileHandle folder);

    /// <summary>Reads where a link points to.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The link.</param>
    /// <returns>The target, or null when it is no link (any more).</returns>
    byte[]? TryReadLink(SafeFileHandle folder, byte[] name);

    /// <summary>Reads on in a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">Where to.</param>
    /// <returns>Bytes read, 0 at the end.</returns>
    int Read(SafeFileHandle file, Span<byte> buffer);

    /// <summary>Writes on in a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="data">All of this.</param>
    void Write(SafeFileHandle file, ReadOnlySpan<byte> data);

    /// <summary>Sets the time of an open file's last change. One that can't be held is left as it is.</summary>
    /// <param name="file">The file.</param>
    /// <param name="seconds">Since 1970.</param>
    void SetModified(SafeFileHandle file, long seconds);
}
