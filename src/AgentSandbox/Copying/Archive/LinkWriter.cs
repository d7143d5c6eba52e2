using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Archive;

/// <summary>Keeps the links of an archive until everything else is there, and makes them then: while files are written, no link of the archive exists.</summary>
internal sealed class LinkWriter(IFolderFiles files, SafeFileHandle root, ExtractPolicy policy, CopyNotes notes)
{
    private readonly List<(TarEntry Entry, byte[][] Path)> _links = [];
    private long _kept;

    /// <summary>Keeps a link for later.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="path">Its path from the base.</param>
    /// <exception cref="ArchiveException">There are too many.</exception>
    public void Add(TarEntry entry, byte[][] path)
    {
        if (files.Posix is null)
        {
            notes.Add(entry.Path, $"links are not made on this system; it points to '{DisplayText.Of(entry.LinkTarget)}'.");
            return;
        }

        // Out of a sandbox, the first component is the copied item itself: a link that is the item has nothing to stay in.
        if (!policy.AllowAnyLinkTarget && !ArchivePath.StaysInside(entry.LinkTarget, path.Length - 2))
        {
            notes.Add(entry.Path, $"the link to '{DisplayText.Of(entry.LinkTarget)}' would leave the destination.");
            return;
        }

        if (entry.LinkTarget.Length is 0 or >= ArchivePath.MaxLength || entry.LinkTarget.AsSpan().Contains((byte)0))
        {
            throw new ArchiveException(ArchiveFault.Refused, $"The link '{DisplayText.Of(entry.Path)}' in the archive has no valid target.");
        }

        _kept += 256 + entry.Path.Length + entry.LinkTarget.Length + path.Sum(static p => p.Length + 32);
        if (_kept > policy.MaxKept)
        {
            throw new ArchiveException(ArchiveFault.Refused, "The archive holds too many links.");
        }

        _links.Add((entry, path));
    }

    /// <summary>Makes the links, in the archive's order.</summary>
    /// <param name="cancellationToken">Stops between two.</param>
    /// <returns>How many were made.</returns>
    public long MakeAll(CancellationToken cancellationToken)
    {
        using FolderStack folders = new(files, root) { MakeMissing = policy.IsRootFileSystem ? files.Posix!.MakeImplicitFolder : null };
        using FolderStack targets = new(files, root);
        long made = 0;
        foreach ((TarEntry entry, byte[][] path) in _links)
        {
            cancellationToken.ThrowIfCancellationRequested();
            SafeFileHandle? parent = folders.TryEnter(path.AsSpan(..^1), out int errno);
            if (parent is not null)
            {
                errno = Make(parent, path[^1], entry, targets);
            }

            if (errno == 0)
            {
                made++;
                continue;
            }

            if (policy.IsRootFileSystem || errno is Errno.NoSpace or Errno.QuotaExceeded)
            {
                throw errno is Errno.NoEntry or Errno.NotFolder or Errno.IsFolder
                    ? new ArchiveException(ArchiveFault.Refused, $"The link '{DisplayText.Of(entry.Path)}' in the archive can't be made: {EntryWriter.Explain(errno)}.")
                    : new NativeIOException(errno, "link", entry.Path);
            }

            notes.Add(entry.Path, EntryWriter.Explain(errno) + ".");
        }

        return made;
    }

    private int Make(SafeFileHandle parent, byte[] name, TarEntry entry, FolderStack targets)
    {
        int errno = MakeNew(parent, name, entry, targets);
        if (errno != Errno.Exists)
        {
            return errno;
        }

        errno = files.TryLook(parent, name, out FileFacts existing);
        if (errno != 0 || existing.Kind == FileKind.Folder)
        {
            return errno != 0 ? errno : Errno.IsFolder;
        }

        byte[] temporary = EntryWriter.TemporaryName();
        errno = MakeNew(parent, temporary, entry, targets);
        if (errno == 0)
        {
            errno = files.Replace(parent, temporary, name);
        }

        // After a rename of two names of one file both are still there (rename(2)); after a failure the temporary one is.
        files.Delete(parent, temporary);
        return errno;
    }

    private int MakeNew(SafeFileHandle parent, byte[] name, TarEntry entry, FolderStack targets)
    {
        IPosixFiles posix = files.Posix!;
        if (entry.Kind == TarEntryKind.HardLink)
        {
            byte[][] target = ArchivePath.Split(entry.LinkTarget, lenient: true);
            SafeFileHandle? folder = targets.TryEnter(target.AsSpan(..Math.Max(target.Length - 1, 0)), out int errno);
            return target.Length == 0 ? Errno.IsFolder
                : folder is null ? errno
                : posix.MakeHardLink(folder, target[^1], parent, name);
        }

        int problem = posix.MakeSymbolicLink(parent, name, entry.LinkTarget);
        if (problem == 0 && policy.IsRootFileSystem)
        {
            problem = posix.OwnLink(parent, name, entry);
        }

        if (problem == 0)
        {
            posix.SetModified(parent, name, entry.Modified);
        }

        return problem;
    }
}
