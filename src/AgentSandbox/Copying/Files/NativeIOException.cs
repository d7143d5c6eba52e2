#if NET
using System.Runtime.InteropServices;
#endif

namespace AgentSandbox.Copying.Files;

/// <summary>A system call failed.</summary>
internal sealed class NativeIOException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errno">errno(3).</param>
    /// <param name="call">The call.</param>
    /// <param name="path">What it was about; shown with control characters replaced.</param>
    public NativeIOException(int errno, string call, ReadOnlySpan<byte> path)
        : base($"{call} '{DisplayText.Of(path)}': {Explain(errno)}")
    {
        Errno = errno;
    }

    /// <summary>errno(3).</summary>
    public int Errno { get; }

    /// <summary>No space is left, or the quota is used up.</summary>
    public bool IsDiskFull => Errno is Files.Errno.NoSpace or Files.Errno.QuotaExceeded;

    /// <summary>Words for an error: the kernel's, where it is Linux.</summary>
    /// <param name="errno">errno(3).</param>
    /// <returns>The text of strerror(3), or one like it.</returns>
    public static string Explain(int errno)
    {
#if NET
        if (OperatingSystem.IsLinux())
        {
            return Marshal.GetPInvokeErrorMessage(errno);
        }
#endif
        return errno switch
        {
            Files.Errno.NoEntry => "There is no such file or folder",
            Files.Errno.AccessDenied or Files.Errno.NotPermitted => "Access is denied",
            Files.Errno.Busy => "Another program is using it",
            Files.Errno.Exists => "It exists already",
            Files.Errno.NotFolder => "It is no folder",
            Files.Errno.IsFolder => "It is a folder",
            Files.Errno.Invalid => "It is no valid name",
            Files.Errno.NoSpace => "No space is left on the disk",
            Files.Errno.QuotaExceeded => "The disk quota is used up",
            Files.Errno.ReadOnlyFileSystem => "The disk can't be written",
            Files.Errno.NameTooLong => "The name is too long",
            Files.Errno.NotEmpty => "The folder is not empty",
            Files.Errno.Loop => "It is a link",
            _ => $"It can't be read or written (0x{errno:X8})",
        };
    }

#if NET
    /// <summary>Creates the exception from the last call's error.</summary>
    /// <param name="call">The call.</param>
    /// <param name="path">What it was about.</param>
    /// <returns>The exception, to throw.</returns>
    public static NativeIOException Last(string call, ReadOnlySpan<byte> path) => new(Marshal.GetLastPInvokeError(), call, path);
#endif
}
