using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Archive;

/// <summary>
/// Writes an open file or folder as an archive. Everything is opened relative to the folder that it was found in, without
/// following links, so that what is archived is below the source even while a sandbox that shares the folder moves things about.
/// </summary>
internal sealed class TreeArchiver(IFolderFiles files, Stream output)
{
    private readonly TarStreamWriter _writer = new(output);
    private readonly byte[] _buffer = new byte[256 * 1024];

    /// <summary>What was left out.</summary>
    public CopyNotes Notes { get; } = new(ofItem: true);

    /// <summary>Entries written.</summary>
    public long Entries { get; private set; }

    /// <summary>Bytes of content written.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of content in all, as they were when the source was measured.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>First component of every path in the archive: what our own receivers replace, or the real name for a receiver that does not.</summary>
    public byte[] RootName { get; init; } = ExtractPolicy.ItemName[..^1].ToArray();

    /// <summary>Called after each entry, and between the parts of large files, with the path in the archive.</summary>
    public Action<byte[]>? Progress { get; init; }

    /// <summary>Writes the archive.</summary>
    /// <param name="source">The file or folder, opened for reading.</param>
    /// <param name="cancellationToken">Stops between two parts.</param>
    /// <exception cref="ArchiveException">The source is neither a file nor a folder, or nested too deep.</exception>
    /// <exception cref="NativeIOException">The source itself can't be read. What can't be read in it is left out with a note.</exception>
    public void Run(SafeFileHandle source, CancellationToken cancellationToken)
    {
        FileFacts stat = files.Look(source);
        if (stat.Kind is not (FileKind.File or FileKind.Folder))
        {
            throw new ArchiveException(ArchiveFault.Refused, "The source is neither a file nor a folder.");
        }

        TotalBytes = stat.Kind == FileKind.File ? stat.Size : Measure(source, 0, cancellationToken);
        _writer.Announce(TotalBytes);
        if (stat.Kind == FileKind.File)
        {
            File(source, stat, RootName, cancellationToken);
        }
        else
        {
            Folder(source, stat, RootName, 1, cancellationToken);
        }

        _writer.Finish();
    }

    private long Measure(SafeFileHandle folder, int depth, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long total = 0;

        // The way out of too deep a tree is the copy itself, which says where.
        using SafeFileHandle? list = depth < ArchivePath.MaxDepth ? files.TryOpen(folder, [(byte)'.', 0], out _) : null;
        foreach (byte[] name in list is null ? [] : files.List(list))
        {
            if (files.TryLook(folder, name, out FileFacts stat) != 0)
            {
                continue;
            }

            if (stat.Kind == FileKind.File)
            {
                total += stat.Size;
            }
            else if (stat.Kind == FileKind.Folder && files.TryOpen(folder, name, out _) is SafeFileHandle child)
            {
                using (child)
                {
                    total += Measure(child, depth + 1, cancellationToken);
                }
            }
        }

        return total;
    }

    private void Folder(SafeFileHandle folder, in FileFacts stat, byte[] path, int depth, CancellationToken cancellationToken)
    {
        if (depth > ArchivePath.MaxDepth)
        {
            throw new ArchiveException(ArchiveFault.Refused, $"'{DisplayText.Of(path)}' is nested deeper than {ArchivePath.MaxDepth} folders.");
        }

        _writer.Write(new TarEntry { Kind = TarEntryKind.Folder, Path = [.. path, (byte)'/'], Mode = stat.Mode & 0x1FF, Modified = stat.Modified });
        Done(path);
        foreach (byte[] name in files.List(folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            byte[] childPath = [.. path, (byte)'/', .. name.AsSpan(..^1)];
            if (childPath.Length >= ArchivePath.MaxLength - 1)
            {
                Notes.Add(childPath, "the path is too long.");
                continue;
            }

            Child(folder, name, childPath, depth + 1, cancellationToken);
        }
    }

    private void Child(SafeFileHandle folder, byte[] name, byte[] path, int depth, CancellationToken cancellationToken)
    {
        int errno = files.TryLook(folder, name, out FileFacts stat);
        if (errno == 0 && stat.Kind == FileKind.Link)
        {
            Link(folder, name, stat, path);
            return;
        }

        if (errno == 0 && stat.Kind == FileKind.ReparsePoint)
        {
            Notes.Add(path, "links, junctions and other reparse points of Windows are not followed.");
            return;
        }

        if (errno == 0 && stat.Kind == FileKind.Other)
        {
            Notes.Add(path, "only files, folders and links are copied.");
            return;
        }

        using SafeFileHandle? child = errno == 0 ? files.TryOpen(folder, name, out errno) : null;
        if (child is null)
        {
            if (errno != Errno.NoEntry)
            {
                Notes.Add(path, NativeIOException.Explain(errno) + ".");
            }

            return;
        }

        stat = files.Look(child);
        if (stat.Kind == FileKind.Folder)
        {
            Folder(child, stat, path, depth, cancellationToken);
        }
        else if (stat.Kind == FileKind.File)
        {
            File(child, stat, path, cancellationToken);
        }
    }

    private void Link(SafeFileHandle folder, byte[] name, in FileFacts stat, byte[] path)
    {
        if (files.TryReadLink(folder, name) is not byte[] target)
        {
            Notes.Add(path, "changed while it was copied.");
            return;
        }

        _writer.Write(new TarEntry { Kind = TarEntryKind.SymbolicLink, Path = path, LinkTarget = target, Mode = 0x1FF, Modified = stat.Modified });
        Done(path);
    }

    private void File(SafeFileHandle file, in FileFacts stat, byte[] path, CancellationToken cancellationToken)
    {
        long size = stat.Size;
        _writer.Write(new TarEntry { Kind = TarEntryKind.File, Path = path, Size = size, Mode = stat.Mode & 0x1FF, Modified = stat.Modified });
        bool isCut = false;
        for (long left = size; left > 0;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int wanted = (int)Math.Min(left, _buffer.Length);
            int read = isCut ? wanted : Read(file, path, _buffer.AsSpan(0, wanted));
            if (read == 0)
            {
                // The header has promised this many bytes: keep the promise with zeros, and say so.
                isCut = true;
                Array.Clear(_buffer, 0, _buffer.Length);
                Notes.Add(path, "became shorter, or could not be read on, while it was copied; the rest is zeros.");
                continue;
            }

            _writer.Content(_buffer.AsSpan(0, read));
            left -= read;
            Bytes += read;
            Progress?.Invoke(path);
        }

        _writer.Pad(size);
        Done(path);
    }

    private int Read(SafeFileHandle file, byte[] path, Span<byte> buffer)
    {
        try
        {
            return files.Read(file, buffer);
        }
        catch (NativeIOException e)
        {
            throw new NativeIOException(e.Errno, "read", path);
        }
    }

    private void Done(byte[] path)
    {
        Entries++;
        Progress?.Invoke(path);
    }
}
