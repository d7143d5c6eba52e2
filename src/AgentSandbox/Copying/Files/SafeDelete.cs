using Microsoft.Win32.SafeHandles;
using System.Runtime.InteropServices;

namespace AgentSandbox.Copying.Files;

/// <summary>Deletes a tree without following a link and without entering a mount, whatever a hostile or killed build left in it.</summary>
internal static class SafeDelete
{
    /// <summary>Deletes a file or folder; one that does not exist is fine.</summary>
    /// <param name="path">Absolute path.</param>
    /// <exception cref="NativeIOException">Something can't be deleted; EBUSY when something is mounted in it.</exception>
    public static void Tree(string path)
    {
        string parentPath = Path.GetDirectoryName(path) ?? throw new ArgumentException("The root folder can't be deleted.", nameof(path));
        SafeFileHandle parent;
        try
        {
            parent = LinuxFile.Open(parentPath, OpenFlags.PathOnly | OpenFlags.Folder);
        }
        catch (NativeIOException e) when (e.Errno == Errno.NoEntry)
        {
            return;
        }

        using (parent)
        {
            Delete(parent, LinuxFile.Name(Path.GetFileName(path)), LinuxFile.Stat(parent).MountId);
        }
    }

    private static void Delete(SafeFileHandle parent, byte[] name, ulong mount)
    {
        if (Native.UnlinkAt(parent, name, 0) == 0)
        {
            return;
        }

        int errno = Marshal.GetLastPInvokeError();
        if (errno == Errno.NoEntry)
        {
            return;
        }

        // unlink(2) of a folder is EISDIR on Linux; POSIX has EPERM, and so have some file systems.
        if (errno is not (Errno.IsFolder or Errno.NotPermitted))
        {
            throw new NativeIOException(errno, "unlink", name);
        }

        using (SafeFileHandle folder = LinuxFile.TryOpenAt(parent, name, OpenFlags.Folder, 0, out int openErrno) ??
            (openErrno == Errno.NoEntry ? new SafeFileHandle() : throw new NativeIOException(openErrno, "open", name)))
        {
            if (folder.IsInvalid)
            {
                return;
            }

            // A bind mount has the device of its source: only the mount's id tells it apart. Checked before anything in it is touched.
            ulong own = LinuxFile.Stat(folder).MountId;
            if (own != mount)
            {
                throw new NativeIOException(Errno.Busy, "delete (something is mounted here)", name);
            }

            foreach (byte[] child in Children(folder))
            {
                Delete(folder, child, own);
            }
        }

        if (Native.UnlinkAt(parent, name, OpenFlags.AtRemoveFolder) != 0 && Marshal.GetLastPInvokeError() != Errno.NoEntry)
        {
            throw NativeIOException.Last("rmdir", name);
        }
    }

    private static List<byte[]> Children(SafeFileHandle folder)
    {
        try
        {
            return FolderReader.Read(folder);
        }
        catch (NativeIOException e) when (e.Errno == Errno.NoEntry)
        {
            // Somebody else deleted it just now.
            return [];
        }
    }
}
