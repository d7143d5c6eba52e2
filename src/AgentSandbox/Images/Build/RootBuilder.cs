using System.Text;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Images.Build;

/// <summary>Makes folders, files and links with exact permissions, whatever the umask is. Everything is new: nothing is replaced or followed.</summary>
internal static class RootBuilder
{
    /// <summary>rwxr-xr-x.</summary>
    public const uint Public = 0x1ED;

    /// <summary>rwx------.</summary>
    public const uint Private = 0x1C0;

    /// <summary>rwxrwxrwt.</summary>
    public const uint Shared = 0x3FF;

    /// <summary>rw-r--r--.</summary>
    public const uint PublicFile = 0x1A4;

    /// <summary>Makes a folder; one that exists is kept.</summary>
    /// <param name="path">Absolute path; its parent exists.</param>
    /// <param name="mode">Permissions.</param>
    /// <param name="owner">User and group id.</param>
    public static void Folder(string path, uint mode, uint owner = 0)
    {
        using SafeFileHandle parent = Parent(path);
        byte[] name = LinuxFile.Name(Path.GetFileName(path));
        if (Native.MakeFolderAt(parent, name, Private) != 0)
        {
            int errno = System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
            if (errno != Errno.Exists)
            {
                throw new NativeIOException(errno, "mkdir", LinuxFile.Name(path));
            }

            return;
        }

        using SafeFileHandle folder = LinuxFile.TryOpenAt(parent, name, OpenFlags.Folder, 0, out int openErrno) ?? throw new NativeIOException(openErrno, "open", name);
        Own(folder, path, mode, owner);
    }

    /// <summary>Makes a folder and every one above it that is missing.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="mode">Permissions of each new one.</param>
    public static void Folders(string path, uint mode)
    {
        if (!Directory.Exists(path))
        {
            Folders(Path.GetDirectoryName(path)!, mode);
            Folder(path, mode);
        }
    }

    /// <summary>Makes a file.</summary>
    /// <param name="path">Absolute path; its parent exists.</param>
    /// <param name="content">Its content.</param>
    public static void File(string path, string content) => File(path, Encoding.UTF8.GetBytes(content));

    /// <summary>Makes a file that everyone may read.</summary>
    /// <param name="path">Absolute path; its parent exists.</param>
    /// <param name="content">Its content.</param>
    public static void File(string path, ReadOnlySpan<byte> content)
    {
        using SafeFileHandle parent = Parent(path);
        byte[] name = LinuxFile.Name(Path.GetFileName(path));
        using SafeFileHandle file = LinuxFile.TryOpenAt(parent, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, PublicFile, out int errno) ??
            throw new NativeIOException(errno, "create", LinuxFile.Name(path));
        LinuxFile.Write(file, content);
        Own(file, path, PublicFile, 0);
    }

    /// <summary>Makes a symbolic link.</summary>
    /// <param name="path">Absolute path; its parent exists.</param>
    /// <param name="target">Where it points to.</param>
    public static void Link(string path, string target)
    {
        using SafeFileHandle parent = Parent(path);
        if (Native.SymbolicLinkAt(LinuxFile.Name(target), parent, LinuxFile.Name(Path.GetFileName(path))) != 0)
        {
            throw NativeIOException.Last("symlink", LinuxFile.Name(path));
        }
    }

    private static void Own(SafeFileHandle file, string path, uint mode, uint owner)
    {
        if ((owner != 0 && Native.ChangeOwner(file, owner, owner) != 0) || Native.ChangeMode(file, mode) != 0)
        {
            throw NativeIOException.Last("chown", LinuxFile.Name(path));
        }
    }

    private static SafeFileHandle Parent(string path) => LinuxFile.Open(Path.GetDirectoryName(path)!, OpenFlags.PathOnly | OpenFlags.Folder);
}
