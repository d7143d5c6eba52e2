using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Connection.FileChannel;

/// <summary>
/// A hostile folder on Windows. The folder is opened as what it is (FILE_FLAG_OPEN_REPARSE_POINT) and looked at; files are opened relative to
/// its handle (NtCreateFile), so that a junction put in the folder's place leads nowhere.
/// </summary>
internal sealed unsafe class WindowsIncomingFolder : IncomingFolder
{
    private readonly SafeFileHandle _folder;

    private WindowsIncomingFolder(SafeFileHandle folder) => _folder = folder;

    /// <summary>Opens a folder.</summary>
    /// <param name="parent">Where it is: this end's own, or one that only the host writes to.</param>
    /// <param name="id">Its name.</param>
    /// <returns>The folder, or null when it is not there.</returns>
    public static IncomingFolder? TryOpenFolder(string parent, string id)
    {
        const uint flags = WindowsFileCalls.BackupSemantics | WindowsFileCalls.OpenReparsePoint;
        string path = Path.Combine(parent, id);
        SafeFileHandle folder;
        int error;
        fixed (char* name = path)
        {
            nint handle = WindowsFileCalls.CreateFile(name, WindowsFileCalls.ListFolder, WindowsFileCalls.ShareAll, null, WindowsFileCalls.OpenExisting, flags, 0);
            error = Marshal.GetLastWin32Error();
            folder = new SafeFileHandle(handle, ownsHandle: true);
        }

        if (folder.IsInvalid)
        {
            folder.Dispose();
            return WindowsFileCalls.IsNotThere(error) ? null : throw new IOException($"The folder '{path}' can't be opened.", new Win32Exception(error));
        }

        if (!IsOrdinary(folder, isFolder: true))
        {
            folder.Dispose();
            throw NotOrdinary(id);
        }

        return new WindowsIncomingFolder(folder);
    }

    /// <inheritdoc/>
    public override FileStream? TryOpen(string name)
    {
        uint status = WindowsFileCalls.OpenRelative(_folder, name, out nint handle);
        if (status != 0)
        {
            return WindowsFileCalls.IsNotThereStatus(status) ? null : throw NotOrdinary(name);
        }

        var file = new SafeFileHandle(handle, ownsHandle: true);
        if (WindowsFileCalls.GetFileType(handle) != WindowsFileCalls.TypeDisk || !IsOrdinary(file, isFolder: false))
        {
            file.Dispose();
            throw NotOrdinary(name);
        }

        return new FileStream(file, FileAccess.Read, bufferSize: 1, isAsync: false);
    }

    /// <inheritdoc/>
    public override void Dispose() => _folder.Dispose();

    private static bool IsOrdinary(SafeFileHandle file, bool isFolder)
    {
        WindowsFileCalls.FileInformation found;
        if (WindowsFileCalls.GetFileInformationByHandle(file.DangerousGetHandle(), &found) == 0)
        {
            throw new IOException("A file of a file channel can't be looked at.", new Win32Exception(Marshal.GetLastWin32Error()));
        }

        bool isReparsePoint = (found.Attributes & (uint)FileAttributes.ReparsePoint) != 0;
        return !isReparsePoint && ((found.Attributes & (uint)FileAttributes.Directory) != 0) == isFolder && (isFolder || found.Links <= 1);
    }
}
