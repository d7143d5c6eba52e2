using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.State.Windows;

/// <summary>
/// The lock of a file on Windows: LockFileEx on one byte far behind its content. It ends with the process that holds it. Windows has no way to ask
/// about a lock without taking it, so a question takes it for microseconds; who wants it tries again for some milliseconds before calling it held.
/// </summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class WindowsFileLock
{
    private const uint LOCKFILE_FAIL_IMMEDIATELY = 1;
    private const uint LOCKFILE_EXCLUSIVE_LOCK = 2;
    private const int ERROR_LOCK_VIOLATION = 33;
    private const int ERROR_IO_PENDING = 997;

    /// <summary>Behind all content: a lock of Windows also keeps others from reading what it covers.</summary>
    private const int LockedByte = 0x7FFFFFF0;

    /// <summary>Pauses between the attempts, in milliseconds. Longer together than many questions in a row.</summary>
    private static readonly int[] s_pauses = [0, 1, 2, 4, 8];

    /// <summary>Takes the lock if it is free.</summary>
    /// <param name="path">The lock's file, made when missing.</param>
    /// <param name="shared">Others may hold it too, if they share it as well.</param>
    /// <returns>The file, whose closing gives the lock back; null when another holds it.</returns>
    public static SafeFileHandle? TryTake(string path, bool shared) => TryTake(path, FileMode.OpenOrCreate, shared);

    /// <summary>Asks whether anybody holds the lock.</summary>
    /// <param name="path">The lock's file.</param>
    /// <returns>False also when the file does not exist.</returns>
    public static bool IsHeld(string path)
    {
        try
        {
            using SafeFileHandle? taken = TryTake(path, FileMode.Open, shared: false);
            return taken is null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
    }

    private static SafeFileHandle? TryTake(string path, FileMode mode, bool shared)
    {
        // Deleting is shared: a sandbox's folder goes while the lock in it is held by whoever removes it.
        SafeFileHandle file = WindowsRetry.Run(() => File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        try
        {
            foreach (int pause in s_pauses)
            {
                if (pause > 0)
                {
                    Thread.Sleep(pause);
                }

                if (Lock(file, path, shared))
                {
                    return file;
                }
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }

        file.Dispose();
        return null;
    }

    private static bool Lock(SafeFileHandle file, string path, bool shared)
    {
        var where = new NativeOverlapped { OffsetLow = LockedByte };
        if (LockFileEx(file, LOCKFILE_FAIL_IMMEDIATELY | (shared ? 0 : LOCKFILE_EXCLUSIVE_LOCK), 0, 1, 0, &where))
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error is ERROR_LOCK_VIOLATION or ERROR_IO_PENDING ? false : throw new IOException($"lock {path}: {new Win32Exception(error).Message}");
    }

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool LockFileEx(SafeFileHandle file, uint flags, uint reserved, uint lengthLow, uint lengthHigh, NativeOverlapped* overlapped);
}
