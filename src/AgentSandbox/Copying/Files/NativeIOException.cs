using System.Runtime.InteropServices;

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

    /// <summary>The kernel's words for an error.</summary>
    /// <param name="errno">errno(3).</param>
    /// <returns>The text of strerror(3).</returns>
    public static string Explain(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    /// <summary>Creates the exception from the last call's error.</summary>
    /// <param name="call">The call.</param>
    /// <param name="path">What it was about.</param>
    /// <returns>The exception, to throw.</returns>
    public static NativeIOException Last(string call, ReadOnlySpan<byte> path) => new(Marshal.GetLastPInvokeError(), call, path);
}
