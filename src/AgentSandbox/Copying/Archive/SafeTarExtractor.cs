using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Archive;

/// <summary>
/// Unpacks an archive below an open folder, whatever the archive says. Every path is checked, every folder on the way opened
/// without following links, every file made new or swapped in by rename, and links are made last. Used for copies in both
/// directions and for images; <see cref="ExtractPolicy"/> says what differs.
/// </summary>
internal sealed class SafeTarExtractor : IDisposable
{
    private readonly TarStreamReader _reader;
    private readonly ExtractPolicy _policy;
    private readonly byte[]? _itemName;
    private readonly FolderStack _folders;
    private readonly EntryWriter _writer;
    private readonly LinkWriter _links;
    private readonly SafeFileHandle _base;
    private readonly IFolderFiles _files;
    private byte[]? _nameInArchive;

    /// <summary>Creates an extractor.</summary>
    /// <param name="files">The system's files.</param>
    /// <param name="input">The archive.</param>
    /// <param name="destination">The folder; stays the caller's.</param>
    /// <param name="itemName">Name that the copied file or folder gets in it; null when the archive is a root file system.</param>
    /// <param name="policy">What is let through.</param>
    public SafeTarExtractor(IFolderFiles files, Stream input, SafeFileHandle destination, byte[]? itemName, ExtractPolicy policy)
    {
        _reader = new TarStreamReader(input);
        _files = files;
        _base = destination;
        Notes = new CopyNotes(ofItem: itemName is not null);
        _itemName = itemName;
        _policy = policy;
        _writer = new EntryWriter(files, policy);
        _folders = new FolderStack(files, destination) { MakeMissing = policy.IsRootFileSystem ? MakeMissing : null };
        _links = new LinkWriter(files, destination, policy, Notes);
    }

    /// <summary>The archive was made by another program than ours: the first path says what the copied item is called in it, and all others must say the same.</summary>
    public bool TakesAnyItemName { get; init; }

    /// <summary>What was left out.</summary>
    public CopyNotes Notes { get; }

    /// <summary>Entries made.</summary>
    public long Entries { get; private set; }

    /// <summary>Bytes of content written.</summary>
    public long Bytes { get; private set; }

    /// <summary>What the archive says that it holds; for a progress bar only.</summary>
    public long? AnnouncedBytes => _reader.AnnouncedBytes is long total ? Math.Min(Math.Max(total, 0), _policy.MaxBytes) : null;

    /// <summary>Called after each entry, and between the parts of large files, with the path.</summary>
    public Action<byte[]>? Progress { get; init; }

    private long Seen { get; set; }

    private long Announced { get; set; }

    /// <summary>Unpacks the archive.</summary>
    /// <param name="cancellationToken">Stops between two parts; what is there stays.</param>
    /// <exception cref="ArchiveException">The archive is damaged or refused; what came before stays.</exception>
    /// <exception cref="NativeIOException">The destination can't be written.</exception>
    public void Run(CancellationToken cancellationToken)
    {
        while (_reader.Next() is TarEntry entry)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Count(entry);
            byte[][] path = Map(entry.Path);
            if (Extract(entry, path, cancellationToken))
            {
                Entries++;
            }

            Progress?.Invoke(entry.Path);
        }

        if (_itemName is not null && Seen == 0)
        {
            throw new ArchiveException(ArchiveFault.Damaged, "The archive is empty.");
        }

        Entries += _links.MakeAll(cancellationToken);
        _writer.FinishFolders(_folders);
    }

    /// <inheritdoc/>
    public void Dispose() => _folders.Dispose();

    private void Count(TarEntry entry)
    {
        if (++Seen > _policy.MaxEntries)
        {
            throw new ArchiveException(ArchiveFault.Refused, $"The archive has more than {_policy.MaxEntries} entries.");
        }

        if (entry.Size > _policy.MaxBytes - Announced)
        {
            throw new ArchiveException(ArchiveFault.TooLarge, $"The archive holds more than {_policy.MaxBytes} bytes.");
        }

        Announced += entry.Size;
    }

    private byte[][] Map(byte[] text)
    {
        byte[][] path = ArchivePath.Split(text, lenient: _itemName is null);
        foreach (byte[] name in path)
        {
            if (_files.NameProblem(name) is string problem)
            {
                throw new ArchiveException(ArchiveFault.Refused, $"The path '{DisplayText.Of(text)}' in the archive has the name '{DisplayText.Of(name)}', which {problem}.");
            }
        }

        if (_itemName is null)
        {
            return path;
        }

        _nameInArchive ??= TakesAnyItemName && path.Length > 0 ? path[0] : ExtractPolicy.ItemName.ToArray();
        if (path.Length == 0 || !path[0].AsSpan().SequenceEqual(_nameInArchive))
        {
            throw new ArchiveException(ArchiveFault.Refused, $"The path '{DisplayText.Of(text)}' in the archive is not below what is copied.");
        }

        path[0] = _itemName;
        return path;
    }

    /// <returns>True when something was made now.</returns>
    private bool Extract(TarEntry entry, byte[][] path, CancellationToken cancellationToken)
    {
        if (path.Length == 0)
        {
            if (entry.Kind != TarEntryKind.Folder)
            {
                throw new ArchiveException(ArchiveFault.Refused, "The root of the archive is no folder.");
            }

            return _files.Posix!.OwnFolder(_base, [(byte)'.', 0], entry) is int problem and not 0 ? throw new NativeIOException(problem, "open", "/"u8) : false;
        }

        switch (entry.Kind)
        {
            case TarEntryKind.Special:
                Notes.Add(entry.Path, "devices and FIFOs are not made.");
                return false;
            case TarEntryKind.HardLink when !_policy.IsRootFileSystem:
                Notes.Add(entry.Path, "hard links are not made.");
                return false;
            case TarEntryKind.HardLink or TarEntryKind.SymbolicLink:
                _links.Add(entry, path);
                return false;
        }

        SafeFileHandle? parent = _folders.TryEnter(path.AsSpan(..^1), out int errno);
        if (parent is null)
        {
            return LeaveOut(entry, path, errno);
        }

        errno = entry.Kind == TarEntryKind.Folder
            ? _writer.MakeFolder(parent, path, entry)
            : _writer.MakeFile(parent, path[^1], entry, buffer => ReadContent(buffer, entry.Path, cancellationToken));
        return errno == 0 || LeaveOut(entry, path, errno);
    }

    private int ReadContent(Span<byte> buffer, byte[] path, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int read = _reader.Read(buffer);
        Bytes += read;
        if (read > 0)
        {
            Progress?.Invoke(path);
        }

        return read;
    }

    /// <summary>An entry that can't be made is left out with a note, as cp(1) does; but not the copied item itself, and not in an image.</summary>
    private bool LeaveOut(TarEntry entry, byte[][] path, int errno)
    {
        if (errno == Errno.NoEntry && !_policy.IsRootFileSystem)
        {
            // Our own writer sends every folder before what is in it.
            throw new ArchiveException(ArchiveFault.Refused, $"The archive holds '{DisplayText.Of(entry.Path)}' without the folder that it is in.");
        }

        bool isLocal = errno is Errno.AccessDenied or Errno.NotPermitted or Errno.NotFolder or Errno.IsFolder or Errno.Exists or Errno.Loop
            or Errno.NameTooLong or Errno.TextBusy or Errno.Busy or Errno.Invalid or Errno.ReadOnlyFileSystem;
        if (path.Length == 1 || _policy.IsRootFileSystem || !isLocal)
        {
            throw errno is Errno.NotFolder or Errno.IsFolder or Errno.Loop
                ? new ArchiveException(ArchiveFault.Refused, $"'{DisplayText.Of(path[^1])}' can't be made: {EntryWriter.Explain(errno)}.")
                : new NativeIOException(errno, "write", path[^1]);
        }

        Notes.Add(entry.Path, EntryWriter.Explain(errno) + ".");
        return false;
    }

    private int MakeMissing(SafeFileHandle parent, byte[] name)
    {
        // Each counts as an entry, so that a million deep paths can't make a hundred million folders.
        if (++Seen > _policy.MaxEntries)
        {
            throw new ArchiveException(ArchiveFault.Refused, $"The archive has more than {_policy.MaxEntries} entries.");
        }

        return _files.Posix!.MakeImplicitFolder(parent, name);
    }
}
