using System.Text;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Windows;

/// <summary>From a path to a handle.</summary>
internal static unsafe class WindowsPathFile
{
    /// <summary>Longest path that every version of Windows takes without a prefix, with room for a name of the old form.</summary>
    private const int ShortPath = 240;

    /// <summary>Opens a path; links are followed.</summary>
    /// <param name="path">Absolute path, of any length.</param>
    /// <param name="access">What is to be done with it.</param>
    /// <param name="share">What others may do meanwhile.</param>
    /// <returns>The file or folder.</returns>
    /// <exception cref="NativeIOException">It can't be opened.</exception>
    public static SafeFileHandle Open(string path, uint access, uint share)
    {
        fixed (char* text = Long(path))
        {
            IntPtr handle = NtFile.CreateFileW(text, access | NtFile.SYNCHRONIZE, share, IntPtr.Zero, NtFile.OPEN_EXISTING, NtFile.FILE_FLAG_BACKUP_SEMANTICS, IntPtr.Zero);
            return handle != new IntPtr(-1)
                ? new SafeFileHandle(handle, ownsHandle: true)
                : throw new NativeIOException(NtStatus.FromWin32(NtFile.GetLastError()), "open", Encoding.UTF8.GetBytes(path));
        }
    }

    /// <summary>A path that Windows takes as it is, however long, and whatever the program's manifest says.</summary>
    private static string Long(string path) =>
        path.Length < ShortPath || path.StartsWith(@"\\?\", StringComparison.Ordinal) ? path
        : path.StartsWith(@"\\", StringComparison.Ordinal) ? @"\\?\UNC\" + path.Substring(2).Replace('/', '\\')
        : @"\\?\" + path.Replace('/', '\\');
}
