using System.Text;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Windows;

/// <summary>From a path to a handle, and from a handle to its name on the disk.</summary>
internal static unsafe class WindowsPathFile
{
    /// <summary>Longest path that every version of Windows takes without a prefix, with room for a name of the old form.</summary>
    private const int ShortPath = 240;

    private const int MaxPath = 32767;

    /// <summary>Opens a path.</summary>
    /// <param name="path">Absolute path, of any length.</param>
    /// <param name="access">What is to be done with it.</param>
    /// <param name="share">What others may do meanwhile.</param>
    /// <param name="follow">Follow a link at its end.</param>
    /// <returns>The file or folder.</returns>
    /// <exception cref="NativeIOException">It can't be opened.</exception>
    public static SafeFileHandle Open(string path, uint access, uint share, bool follow)
    {
        uint flags = NtFile.FILE_FLAG_BACKUP_SEMANTICS | (follow ? 0 : NtFile.FILE_FLAG_OPEN_REPARSE_POINT);
        fixed (char* text = Long(path))
        {
            IntPtr handle = NtFile.CreateFileW(text, access | NtFile.SYNCHRONIZE, share, IntPtr.Zero, NtFile.OPEN_EXISTING, flags, IntPtr.Zero);
            return handle != new IntPtr(-1)
                ? new SafeFileHandle(handle, ownsHandle: true)
                : throw new NativeIOException(NtStatus.FromWin32(NtFile.GetLastError()), "open", Encoding.UTF8.GetBytes(path));
        }
    }

    /// <summary>The name of an open file as the disk has it: in its own case, and the long form of a short name.</summary>
    /// <param name="file">The file.</param>
    /// <returns>The last component of its path.</returns>
    /// <exception cref="NativeIOException">The file system does not say.</exception>
    public static string NameOf(SafeFileHandle file)
    {
        char[] buffer = new char[ShortPath];
        uint length = Ask(file, buffer);
        if (length >= buffer.Length)
        {
            buffer = new char[MaxPath];
            length = Ask(file, buffer);
        }

        if (length == 0 || length >= buffer.Length)
        {
            throw new NativeIOException(Errno.InputOutput, "find the name of a file", default);
        }

        int slash = Array.LastIndexOf(buffer, '\\', (int)length - 1);
        return new string(buffer, slash + 1, (int)length - slash - 1);
    }

    private static uint Ask(SafeFileHandle file, char[] buffer)
    {
        fixed (char* start = buffer)
        {
            return NtFile.GetFinalPathNameByHandleW(file, start, (uint)buffer.Length, NtFile.VOLUME_NAME_NONE);
        }
    }

    /// <summary>A path that Windows takes as it is, however long, and whatever the program's manifest says.</summary>
    private static string Long(string path) =>
        path.Length < ShortPath || path.StartsWith(@"\\?\", StringComparison.Ordinal) ? path
        : path.StartsWith(@"\\", StringComparison.Ordinal) ? @"\\?\UNC\" + path.Substring(2).Replace('/', '\\')
        : @"\\?\" + path.Replace('/', '\\');
}
