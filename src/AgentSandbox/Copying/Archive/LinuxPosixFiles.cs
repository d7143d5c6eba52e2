using System.Runtime.InteropServices;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Archive;

/// <summary>Links, owners and permissions on Linux.</summary>
internal sealed class LinuxPosixFiles : IPosixFiles
{
    private const uint OwnerAll = 0x1C0;

    private LinuxPosixFiles()
    {
    }

    /// <summary>The one that there is.</summary>
    public static LinuxPosixFiles Instance { get; } = new();

    /// <inheritdoc/>
    public int MakeSymbolicLink(SafeFileHandle folder, byte[] name, byte[] target) =>
        Native.SymbolicLinkAt(LinuxFile.Name(target), folder, name) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <inheritdoc/>
    public int MakeHardLink(SafeFileHandle oldFolder, byte[] oldName, SafeFileHandle folder, byte[] name) =>
        Native.LinkAt(oldFolder, oldName, folder, name, 0) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <inheritdoc/>
    public int OwnLink(SafeFileHandle folder, byte[] name, TarEntry entry)
    {
        (uint user, uint group) = Owner(entry);
        return Native.ChangeOwnerAt(folder, name, user, group, OpenFlags.AtSymlinkNoFollow) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <inheritdoc/>
    public int MakeImplicitFolder(SafeFileHandle parent, byte[] name)
    {
        if (Native.MakeFolderAt(parent, name, OwnerAll) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        using SafeFileHandle? folder = LinuxFile.TryOpenAt(parent, name, OpenFlags.Folder, 0, out int errno);
        return folder is null || Native.ChangeMode(folder, 0x1ED) == 0 ? errno : Marshal.GetLastPInvokeError();
    }

    /// <inheritdoc/>
    public int OwnFolder(SafeFileHandle parent, byte[] name, TarEntry entry)
    {
        using SafeFileHandle? folder = LinuxFile.TryOpenAt(parent, name, OpenFlags.Folder, 0, out int errno);
        if (folder is not null)
        {
            Own(folder, entry);
        }

        return errno;
    }

    /// <inheritdoc/>
    public void OwnFile(SafeFileHandle file, TarEntry entry)
    {
        Own(file, entry);
        if (entry.Capabilities is byte[] capabilities && Native.SetAttribute(file, "security.capability\0"u8.ToArray(), capabilities, capabilities.Length, 0) != 0 &&
            Marshal.GetLastPInvokeError() is not (Errno.NotSupported or Errno.NotPermitted))
        {
            throw NativeIOException.Last("fsetxattr", entry.Path);
        }
    }

    /// <inheritdoc/>
    public void SetModified(SafeFileHandle folder, byte[] name, long seconds) => LinuxFile.SetModified(folder, name, seconds, 0);

    private static void Own(SafeFileHandle file, TarEntry entry)
    {
        (uint user, uint group) = Owner(entry);

        // Owner first: chown(2) clears setuid and setgid.
        if (Native.ChangeOwner(file, user, group) != 0 || Native.ChangeMode(file, entry.Mode) != 0)
        {
            throw NativeIOException.Last("chown", entry.Path);
        }
    }

    /// <summary>The owner as chown(2) takes it; -1 would mean "as it is".</summary>
    private static (uint User, uint Group) Owner(TarEntry entry) => entry is { User: >= 0 and < uint.MaxValue, Group: >= 0 and < uint.MaxValue }
        ? ((uint)entry.User, (uint)entry.Group)
        : throw new ArchiveException(ArchiveFault.Refused, $"'{DisplayText.Of(entry.Path)}' in the archive has an impossible owner.");
}
