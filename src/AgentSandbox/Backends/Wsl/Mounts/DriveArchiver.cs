using System.Text;
using AgentSandbox.Copying.Archive;

namespace AgentSandbox.Backends.Wsl.Mounts;

/// <summary>
/// Makes an archive of a file or folder of this machine, whatever its operating system, for a sandbox to read. Links are written as links and never followed,
/// so nothing outside of the folder gets in. Bounded: a mistyped <c>C:\</c> is an error, not a full disk.
/// </summary>
/// <param name="output">Where the archive goes.</param>
/// <param name="maxBytes">Bytes of content at most.</param>
/// <param name="maxEntries">Files, folders and links at most.</param>
internal sealed class DriveArchiver(Stream output, long maxBytes = DriveArchiver.MaxBytes, int maxEntries = DriveArchiver.MaxEntries)
{
    /// <summary>Bytes of content at most.</summary>
    public const long MaxBytes = 4L << 30;

    /// <summary>Files, folders and links at most.</summary>
    public const int MaxEntries = 500_000;

    private const int MaxDepth = 200;

    /// <summary>A drive of Windows knows no permission to execute: everybody may, as in WSL's own view of it. The mount is read-only.</summary>
    private const uint Mode = 0x1ED;

    private readonly TarStreamWriter _writer = new(output);
    private readonly byte[] _buffer = new byte[128 * 1024];
    private long _bytes;
    private int _entries;

    /// <summary>Writes the archive.</summary>
    /// <param name="source">Absolute path of a file or folder.</param>
    /// <param name="cancellationToken">Cancels between two parts.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.CopyRefused"/>: it is too large, or has something in it that is neither file, folder nor link. <see cref="SandboxErrorId.CopyFailed"/>: it can't be read.</exception>
    public void Run(string source, CancellationToken cancellationToken)
    {
        string root = Encoding.UTF8.GetString(ExtractPolicy.ItemName[..^1]);
        FileSystemInfo info = Directory.Exists(source) ? new DirectoryInfo(source) : new FileInfo(source);
        Entry(info, root, 0, source, cancellationToken);
        _writer.Finish();
    }

    private void Entry(FileSystemInfo info, string path, int depth, string source, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (++_entries > maxEntries || depth > MaxDepth)
        {
            throw TooLarge(source);
        }

        if (info.LinkTarget is { } target)
        {
            Write(info, TarEntryKind.SymbolicLink, path, target: Encoding.UTF8.GetBytes(OperatingSystem.IsWindows() ? target.Replace('\\', '/') : target));
        }
        else if ((info.Attributes & (FileAttributes.ReparsePoint | FileAttributes.Device)) != 0)
        {
            throw new SandboxException(SandboxErrorId.CopyRefused, $"'{info.FullName}' is neither a file, nor a folder, nor a link.", "Leave it out: mount a folder that does not have it.", source);
        }
        else if (info is DirectoryInfo folder)
        {
            Write(info, TarEntryKind.Folder, path);
            foreach (FileSystemInfo child in Guard(info, source, () => folder.EnumerateFileSystemInfos("*", s_all).OrderBy(f => f.Name, StringComparer.Ordinal).ToList()))
            {
                Entry(child, $"{path}/{child.Name}", depth + 1, source, cancellationToken);
            }
        }
        else
        {
            File((FileInfo)info, path, source, cancellationToken);
        }
    }

    /// <summary>Nothing is left out: what can't be read is an error, hidden files are files.</summary>
    private static readonly EnumerationOptions s_all = new() { AttributesToSkip = 0, IgnoreInaccessible = false, ReturnSpecialDirectories = false };

    private void File(FileInfo file, string path, string source, CancellationToken cancellationToken)
    {
        using FileStream content = Guard(file, source, () => new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0));
        long size = content.Length;
        _bytes += size;
        if (_bytes > maxBytes)
        {
            throw TooLarge(source);
        }

        Write(file, TarEntryKind.File, path, size);
        for (long left = size; left > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int wanted = (int)Math.Min(left, _buffer.Length);
            int read = Guard(file, source, () => content.Read(_buffer, 0, wanted));
            if (read == 0)
            {
                throw new SandboxException(SandboxErrorId.CopyFailed, $"'{file.FullName}' became shorter while it was copied.", "Try again when nobody writes there.", source);
            }

            _writer.Content(_buffer.AsSpan(0, read));
            left -= read;
        }

        _writer.Pad(size);
    }

    private void Write(FileSystemInfo info, TarEntryKind kind, string path, long size = 0, byte[]? target = null) => _writer.Write(new TarEntry
    {
        Kind = kind,
        Path = Encoding.UTF8.GetBytes(path),
        LinkTarget = target ?? [],
        Size = size,
        Mode = Mode,
        Modified = Math.Max(0, new DateTimeOffset(info.LastWriteTimeUtc, TimeSpan.Zero).ToUnixTimeSeconds()),
    });

    private static T Guard<T>(FileSystemInfo info, string source, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Not an IOException any more: those are the stream's that is written to, which has an end of its own.
            throw new SandboxException(SandboxErrorId.CopyFailed, $"'{info.FullName}' can't be read: {e.Message}", "Close what uses it, or mount a folder that does not have it.", source, e);
        }
    }

    private SandboxException TooLarge(string source) =>
        new(SandboxErrorId.CopyRefused, $"'{source}' is too large to be mounted, since a mount from a drive is a copy: more than {ByteSize.Format(maxBytes)} or {maxEntries} entries.", "Mount a smaller folder, or put it into the distribution and mount it from there (docs/wsl.md).", source);
}
