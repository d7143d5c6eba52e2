using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Archive;

/// <summary>Reads content into a buffer; 0 at the end.</summary>
/// <param name="buffer">Where to.</param>
/// <returns>Bytes read.</returns>
internal delegate int ReadContent(Span<byte> buffer);

/// <summary>Makes single files and folders in an open folder. Returns errno(3) for what may be left out; throws for what ends the copy.</summary>
internal sealed class EntryWriter(IFolderFiles files, ExtractPolicy policy)
{
    /// <summary>Permission bits of a copy: no setuid, setgid or sticky.</summary>
    private const uint PlainMode = 0x1FF;

    private const uint OwnerAll = 0x1C0;

    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly List<(byte[][] Path, long Modified)> _folders = [];
    private long _kept;

    /// <summary>Words for an error that has a meaning of its own here.</summary>
    /// <param name="errno">errno(3).</param>
    /// <returns>A sentence without its full stop.</returns>
    public static string Explain(int errno) => errno switch
    {
        Errno.NotFolder or Errno.Loop => "a link or file is in the way, and links are never followed",
        Errno.IsFolder or Errno.Exists => "a folder is in the way",
        _ => NativeIOException.Explain(errno),
    };

    /// <summary>A name that nothing else has, for what is swapped in by rename.</summary>
    /// <returns>The name, ending in NUL.</returns>
    public static byte[] TemporaryName() => NameBytes.Of($".agentsandbox-{Guid.NewGuid():N}");

    /// <summary>Makes a folder; one that exists is kept as it is, but for a root file system.</summary>
    /// <param name="parent">Its parent.</param>
    /// <param name="path">Its path from the base.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>0 or errno(3).</returns>
    public int MakeFolder(SafeFileHandle parent, byte[][] path, TarEntry entry)
    {
        // The owner can always enter and write, or the rest of the copy would fail and the copy could not be deleted.
        int errno = files.MakeFolder(parent, path[^1], policy.IsRootFileSystem ? OwnerAll : (entry.Mode & PlainMode) | OwnerAll);
        if (errno is not (0 or Errno.Exists))
        {
            return errno;
        }

        if (!policy.IsRootFileSystem)
        {
            files.TryOpenFolder(parent, path[^1], follow: false, out errno)?.Dispose();
            return errno;
        }

        errno = files.Posix!.OwnFolder(parent, path[^1], entry);
        if (errno == 0)
        {
            Keep(path, entry.Modified);
        }

        return errno;
    }

    /// <summary>Makes a file, or replaces a file or link (the link itself, never its target) by it in one step.</summary>
    /// <param name="parent">Its parent.</param>
    /// <param name="name">Its name.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="content">Its content.</param>
    /// <returns>0 or errno(3).</returns>
    public int MakeFile(SafeFileHandle parent, byte[] name, TarEntry entry, ReadContent content)
    {
        byte[] written = name;
        SafeFileHandle? file = Create(parent, name, entry, out int errno);
        if (errno == Errno.Exists)
        {
            errno = files.TryLook(parent, name, out FileFacts existing);
            if (errno != 0 || existing.Kind == FileKind.Folder)
            {
                return errno != 0 ? errno : Errno.IsFolder;
            }

            written = TemporaryName();
            file = Create(parent, written, entry, out errno);
        }

        if (file is null)
        {
            return errno;
        }

        bool done = false;
        try
        {
            using (file)
            {
                Fill(file, entry, content);
            }

            if (written != name && files.Replace(parent, written, name) is int problem and not 0)
            {
                return problem;
            }

            done = true;
            return 0;
        }
        finally
        {
            if (!done)
            {
                // Half a file under a good name is worse than none; what the failure was is already on its way to the caller.
                files.Delete(parent, written);
            }
        }
    }

    /// <summary>Sets the times of folders, now that nothing is written into them any more.</summary>
    /// <param name="stack">Opens them.</param>
    public void FinishFolders(FolderStack stack)
    {
        foreach ((byte[][] path, long modified) in _folders)
        {
            if (stack.TryEnter(path.AsSpan(..^1), out _) is SafeFileHandle parent)
            {
                files.Posix!.SetModified(parent, path[^1], modified);
            }
        }
    }

    private SafeFileHandle? Create(SafeFileHandle parent, byte[] name, TarEntry entry, out int errno)
    {
        // A copy has the sender's permissions less the umask, as with cp(1): the kernel subtracts it here. A root file system's are set exactly, below.
        uint mode = policy.IsRootFileSystem ? 0x180 : entry.Mode & PlainMode;
        return files.TryCreate(parent, name, mode, out errno);
    }

    private void Fill(SafeFileHandle file, TarEntry entry, ReadContent content)
    {
        int read;
        while ((read = content(_buffer)) > 0)
        {
            files.Write(file, _buffer.AsSpan(0, read));
        }

        if (policy.IsRootFileSystem)
        {
            files.Posix!.OwnFile(file, entry);
        }

        files.SetModified(file, entry.Modified);
    }

    private void Keep(byte[][] path, long modified)
    {
        _kept += 64 + path.Sum(static p => p.Length + 32);
        if (_kept <= policy.MaxKept)
        {
            _folders.Add((path, modified));
        }
    }
}
