using System.Text;
using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Windows;

/// <summary>
/// Files by an open folder on Windows: every name is opened relative to the folder's handle, as it is (FILE_OPEN_REPARSE_POINT), and looked at through
/// its own. A folder on the way stays open without FILE_SHARE_DELETE, so nobody can move it away or put a junction in its place. What a name opens
/// must be called so on the disk: another case, or the short form of a long name, would make one file of two.
/// </summary>
internal sealed unsafe class WindowsFolderFiles : IFolderFiles
{
    private const uint ShareAll = NtFile.FILE_SHARE_READ | NtFile.FILE_SHARE_WRITE | NtFile.FILE_SHARE_DELETE;
    private const uint AsFolder = NtFile.FILE_READ_DATA | NtFile.FILE_TRAVERSE | NtFile.FILE_READ_ATTRIBUTES;

    /// <summary>1970 in 100 ns since 1601.</summary>
    private const long UnixEpoch = 116444736000000000;

    private const long LatestSecond = 253402300799; // The end of the year 9999.

    private static readonly char[] _separators = ['\\', '/'];
    private static readonly UTF8Encoding _strict = new(false, throwOnInvalidBytes: true);

    private WindowsFolderFiles()
    {
    }

    /// <summary>The one that there is.</summary>
    public static WindowsFolderFiles Instance { get; } = new();

    /// <inheritdoc/>
    public IPosixFiles? Posix => null;

    /// <inheritdoc/>
    public char[] Separators => _separators;

    /// <inheritdoc/>
    public string? NameProblem(byte[] name)
    {
        try
        {
            return WindowsFileName.Problem(_strict.GetString(name, 0, name.Length - 1));
        }
        catch (DecoderFallbackException)
        {
            return "is no text in UTF-8";
        }
    }

    /// <inheritdoc/>
    public SafeFileHandle OpenFolder(string path)
    {
        SafeFileHandle folder = WindowsPathFile.Open(path, AsFolder, NtFile.FILE_SHARE_READ | NtFile.FILE_SHARE_WRITE);
        return WindowsFileFacts.Of(folder).Kind == FileKind.Folder ? folder : throw Close(folder, new NativeIOException(Errno.NotFolder, "open", Encoding.UTF8.GetBytes(path)));
    }

    /// <inheritdoc/>
    public SafeFileHandle OpenSource(string path, bool followLast)
    {
        int slash = path.LastIndexOfAny(_separators);
        if (followLast || slash < 0 || slash == path.Length - 1)
        {
            return WindowsPathFile.Open(path, NtFile.FILE_READ_DATA | NtFile.FILE_READ_ATTRIBUTES, ShareAll);
        }

        using SafeFileHandle folder = OpenFolder(path.Substring(0, slash + 1));
        SafeFileHandle source = TryOpen(folder, NameBytes.Of(path.Substring(slash + 1)), out int errno) ?? throw new NativeIOException(errno, "open", Encoding.UTF8.GetBytes(path));
        return WindowsFileFacts.Of(source).Kind != FileKind.ReparsePoint ? source : throw Close(source, new NativeIOException(Errno.Loop, "open", Encoding.UTF8.GetBytes(path)));
    }

    /// <inheritdoc/>
    public SafeFileHandle? TryOpenFolder(SafeFileHandle parent, byte[] name, bool follow, out int errno)
    {
        uint options = NtFile.FILE_DIRECTORY_FILE | (follow ? 0 : NtFile.FILE_OPEN_REPARSE_POINT);
        SafeFileHandle? folder = NtFile.Open(parent, Text(name), AsFolder, NtFile.FILE_SHARE_READ | NtFile.FILE_SHARE_WRITE, NtFile.FILE_OPEN, options, out uint status);
        errno = NtStatus.ToErrno(status);
        if (folder is not null && WindowsFileFacts.Of(folder).Kind != FileKind.Folder)
        {
            folder.Dispose();
            errno = Errno.NotFolder;
            return null;
        }

        if (folder is not null && !follow)
        {
            RequireName(parent, name, folder);
        }

        return folder;
    }

    /// <inheritdoc/>
    public SafeFileHandle? TryOpen(SafeFileHandle folder, byte[] name, out int errno)
    {
        SafeFileHandle? file = NtFile.Open(folder, Text(name), NtFile.FILE_READ_DATA | NtFile.FILE_READ_ATTRIBUTES, ShareAll, NtFile.FILE_OPEN, NtFile.FILE_OPEN_REPARSE_POINT, out uint status);
        errno = NtStatus.ToErrno(status);
        return file;
    }

    /// <inheritdoc/>
    public SafeFileHandle? TryCreate(SafeFileHandle folder, byte[] name, uint mode, out int errno)
    {
        SafeFileHandle? file = NtFile.Open(
            folder, Text(name), NtFile.FILE_WRITE_DATA | NtFile.FILE_READ_ATTRIBUTES | NtFile.FILE_WRITE_ATTRIBUTES, NtFile.FILE_SHARE_READ, NtFile.FILE_CREATE,
            NtFile.FILE_NON_DIRECTORY_FILE | NtFile.FILE_OPEN_REPARSE_POINT, out uint status);
        errno = NtStatus.ToErrno(status);
        return file;
    }

    /// <inheritdoc/>
    public int MakeFolder(SafeFileHandle parent, byte[] name, uint mode)
    {
        NtFile.Open(parent, Text(name), NtFile.FILE_READ_ATTRIBUTES, ShareAll, NtFile.FILE_CREATE, NtFile.FILE_DIRECTORY_FILE | NtFile.FILE_OPEN_REPARSE_POINT, out uint status)?.Dispose();
        return NtStatus.ToErrno(status);
    }

    /// <inheritdoc/>
    public int Replace(SafeFileHandle folder, byte[] from, byte[] to)
    {
        using SafeFileHandle? file = NtFile.Open(folder, Text(from), NtFile.DELETE, ShareAll, NtFile.FILE_OPEN, NtFile.FILE_OPEN_REPARSE_POINT, out uint status);
        return NtStatus.ToErrno(file is null ? status : WindowsRename.Within(folder, file, Text(to)));
    }

    /// <inheritdoc/>
    public void Delete(SafeFileHandle folder, byte[] name)
    {
        using SafeFileHandle? file = NtFile.Open(folder, Text(name), NtFile.DELETE, ShareAll, NtFile.FILE_OPEN, NtFile.FILE_NON_DIRECTORY_FILE | NtFile.FILE_OPEN_REPARSE_POINT, out _);
        if (file is not null)
        {
            byte delete = 1;
            NtFile.IoStatusBlock io;
            _ = NtFile.NtSetInformationFile(file, &io, &delete, 1, NtFile.FileDispositionInformation);
        }
    }

    /// <inheritdoc/>
    public int TryLook(SafeFileHandle folder, byte[] name, out FileFacts facts)
    {
        using SafeFileHandle? file = NtFile.Open(folder, Text(name), NtFile.FILE_READ_ATTRIBUTES, ShareAll, NtFile.FILE_OPEN, NtFile.FILE_OPEN_REPARSE_POINT, out uint status);
        facts = default;
        if (file is not null)
        {
            RequireName(folder, name, file);
            facts = WindowsFileFacts.Of(file);
        }

        return NtStatus.ToErrno(status);
    }

    /// <inheritdoc/>
    public FileFacts Look(SafeFileHandle file) => WindowsFileFacts.Of(file);

    /// <inheritdoc/>
    public List<byte[]> List(SafeFileHandle folder) => WindowsFolderReader.Read(folder);

    /// <inheritdoc/>
    public byte[]? TryReadLink(SafeFileHandle folder, byte[] name) => null;

    /// <inheritdoc/>
    public int Read(SafeFileHandle file, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            NtFile.IoStatusBlock io;
            uint status = NtFile.NtReadFile(file, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero, &io, start, (uint)buffer.Length, null, null);
            return status == 0 ? (int)io.Information
                : status == NtStatus.EndOfFile ? 0
                : throw new NativeIOException(NtStatus.ToErrno(status), "read", default);
        }
    }

    /// <inheritdoc/>
    public void Write(SafeFileHandle file, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            for (int done = 0; done < data.Length;)
            {
                NtFile.IoStatusBlock io;
                uint status = NtFile.NtWriteFile(file, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero, &io, start + done, (uint)(data.Length - done), null, null);
                done += status == 0 ? (int)io.Information : throw new NativeIOException(NtStatus.ToErrno(status), "write", default);
            }
        }
    }

    /// <inheritdoc/>
    public void SetModified(SafeFileHandle file, long seconds)
    {
        if (seconds is > 0 and <= LatestSecond)
        {
            var information = new NtFile.BasicInformation { LastWriteTime = (seconds * 10_000_000) + UnixEpoch };
            NtFile.IoStatusBlock io;
            _ = NtFile.NtSetInformationFile(file, &io, &information, (uint)sizeof(NtFile.BasicInformation), NtFile.FileBasicInformation);
        }
    }

    /// <summary>A name without its NUL; "." is the folder itself, which has no name to open.</summary>
    private static string Text(byte[] name) => name is [(byte)'.', 0] ? "" : Encoding.UTF8.GetString(name, 0, name.Length - 1);

    /// <summary>What was opened by a name must be called so: NTFS finds it in any case, and by its short name.</summary>
    private static void RequireName(SafeFileHandle folder, byte[] name, SafeFileHandle opened)
    {
        string wanted = Text(name);
        if (wanted.Length == 0)
        {
            return;
        }

        string? actual = WindowsFolderReader.NameOnDisk(folder, wanted);
        if (actual != wanted)
        {
            throw Close(opened, actual is null
                ? new NativeIOException(Errno.NoEntry, "find", name)
                : new ArchiveException(ArchiveFault.Refused, $"The name '{DisplayText.Of(wanted)}' would mean '{DisplayText.Of(actual)}', which is there already: Windows does not tell the two apart."));
        }
    }

    private static Exception Close(SafeFileHandle file, Exception why)
    {
        file.Dispose();
        return why;
    }
}
