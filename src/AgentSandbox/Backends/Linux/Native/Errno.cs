using System.Runtime.InteropServices;

namespace AgentSandbox.Backends.Linux.Native;

/// <summary>Numbers of errno(3) that are the same on x86-64 and arm64, and how to throw them.</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int ENXIO = 6;
    public const int EAGAIN = 11;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int EEXIST = 17;
    public const int ENODEV = 19;
    public const int ENOTDIR = 20;
    public const int EINVAL = 22;
    public const int ENOSPC = 28;
    public const int ENOSYS = 38;
    public const int EOPNOTSUPP = 95;

    public static int Last => Marshal.GetLastPInvokeError();

    /// <summary>Returns a result that is not -1, else throws.</summary>
    public static int Check(int result, string what) => result >= 0 ? result : throw Exception(what, Last);

    public static LinuxException Exception(string what, int errno) =>
        new($"{what}: {Marshal.GetPInvokeErrorMessage(errno)}", errno);
}

/// <summary>A system call failed where it should not.</summary>
internal sealed class LinuxException(string message, int errno) : IOException(message)
{
    public int Errno { get; } = errno;
}
