using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Archive;

/// <summary>Reads content into a buffer; 0 at the end.</summary>
/// <param name="buffer">Where to.</param>
/// <returns>Bytes read.</returns>
internal delegate int ReadContent(Span<byte> buffer);

/// <summary>Makes single files and folders in an open folder. Returns errno(3) for what may be left out; throws for what ends the copy.</summary>
internal sealed class EntryWriter(ExtractPolicy policy)
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
    public static byte[] TemporaryName() => LinuxFile.Name($".agentsandbox-{RandomNumberGenerator.GetHexString(16, lowercase: true)}");

    /// <summary>Makes a folder that an archive of a root file system leaves out.</summary>
    /// <param name="parent">Its parent.</param>
    /// <param name="name">Its name.</param>
    /// <returns>0 or errno(3).</returns>
    public static int MakeImplicitFolder(SafeFileHandle parent, byte[] name)
    {
        if (Native.MakeFolderAt(parent, name, OwnerAll) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        using SafeFileHandle? folder = LinuxFile.TryOpenAt(parent, name, OpenFlags.Folder, 0, out int errno);
        return folder is null || Native.ChangeMode(folder, 0x1ED) == 0 ? errno : Marshal.GetLastPInvokeError();
    }

    /// <summary>Gives the root of a root file system the owner and permissions of the archive's own root entry.</summary>
    /// <param name="root">The root.</param>
    /// <param name="entry">The entry.</param>
    public static void ApplyToRoot(SafeFileHandle root, TarEntry entry)
    {
        using SafeFileHandle folder = LinuxFile.TryOpenAt(root, [(byte)'.', 0], OpenFlags.Folder, 0, out int errno) ?? throw new NativeIOException(errno, "open", "/"u8);
        Own(folder, entry);
    }

    /// <summary>Makes a folder; one that exists is kept as it is, but for a root file system.</summary>
    /// <param name="parent">Its parent.</param>
    /// <param name="path">Its path from the base.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>0 or errno(3).</returns>
    public int MakeFolder(SafeFileHandle parent, byte[][] path, TarEntry entry)
    {
        // The owner can always enter and write, or the rest of the copy would fail and the copy could not be deleted.
        if (Native.MakeFolderAt(parent, path[^1], policy.IsRootFileSystem ? OwnerAll : (entry.Mode & PlainMode) | OwnerAll) != 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Exists)
            {
                return errno;
            }
        }

        using SafeFileHandle? folder = LinuxFile.TryOpenAt(parent, path[^1], policy.IsRootFileSystem ? OpenFlags.Folder : OpenFlags.Folder | OpenFlags.PathOnly, 0, out int openErrno);
        if (folder is not null && policy.IsRootFileSystem)
        {
            Own(folder, entry);
            Keep(path, entry.Modified);
        }

        return openErrno;
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
            errno = LinuxFile.TryStatAt(parent, name, out StatX existing);
            if (errno != 0 || existing.IsFolder)
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

            if (written != name && Native.RenameAt(parent, written, parent, name) != 0)
            {
                return Marshal.GetLastPInvokeError();
            }

            done = true;
            return 0;
        }
        finally
        {
            if (!done)
            {
                // Half a file under a good name is worse than none; what the failure was is already on its way to the caller.
                _ = Native.UnlinkAt(parent, written, 0);
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
                LinuxFile.SetModified(parent, path[^1], modified, 0);
            }
        }
    }

    private SafeFileHandle? Create(SafeFileHandle parent, byte[] name, TarEntry entry, out int errno)
    {
        // A copy has the sender's permissions less the umask, as with cp(1): the kernel subtracts it here. A root file system's are set exactly, below.
        uint mode = policy.IsRootFileSystem ? 0x180 : entry.Mode & PlainMode;
        return LinuxFile.TryOpenAt(parent, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, mode, out errno);
    }

    private void Fill(SafeFileHandle file, TarEntry entry, ReadContent content)
    {
        int read;
        while ((read = content(_buffer)) > 0)
        {
            LinuxFile.Write(file, _buffer.AsSpan(0, read));
        }

        if (policy.IsRootFileSystem)
        {
            Own(file, entry);
            if (entry.Capabilities is byte[] capabilities && Native.SetAttribute(file, "security.capability\0"u8.ToArray(), capabilities, capabilities.Length, 0) != 0 &&
                Marshal.GetLastPInvokeError() is not (Errno.NotSupported or Errno.NotPermitted))
            {
                throw NativeIOException.Last("fsetxattr", entry.Path);
            }
        }

        LinuxFile.SetModified(file, null, entry.Modified, 0);
    }

    private static void Own(SafeFileHandle file, TarEntry entry)
    {
        (uint user, uint group) = Owner(entry);

        // Owner first: chown(2) clears setuid and setgid.
        if (Native.ChangeOwner(file, user, group) != 0 || Native.ChangeMode(file, entry.Mode) != 0)
        {
            throw NativeIOException.Last("chown", entry.Path);
        }
    }

    /// <summary>The owner as chown(2) takes it.</summary>
    /// <param name="entry">The entry.</param>
    /// <returns>User and group.</returns>
    /// <exception cref="ArchiveException">An id is out of range; -1 would mean "as it is".</exception>
    public static (uint User, uint Group) Owner(TarEntry entry) => entry is { User: >= 0 and < uint.MaxValue, Group: >= 0 and < uint.MaxValue }
        ? ((uint)entry.User, (uint)entry.Group)
        : throw new ArchiveException(ArchiveFault.Refused, $"'{DisplayText.Of(entry.Path)}' in the archive has an impossible owner.");

    private void Keep(byte[][] path, long modified)
    {
        _kept += 64 + path.Sum(static p => p.Length + 32);
        if (_kept <= policy.MaxKept)
        {
            _folders.Add((path, modified));
        }
    }
}
