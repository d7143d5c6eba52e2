using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Backends.Docker.Engine.Transport;

/// <summary>
/// The end of standard input on a named pipe: the engine's pipe is of messages, and takes one of zero bytes for the end (go-winio's CloseWrite).
/// .NET sends nothing for an empty write, so WriteFile is called here.
/// </summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class NamedPipeEnd
{
    private const int ErrorIoPending = 997;

    /// <summary>Writes a message of zero bytes and waits until it is sent.</summary>
    /// <param name="state">The <see cref="SafePipeHandle"/> of a pipe opened for overlapped input and output.</param>
    /// <exception cref="IOException">The pipe is broken.</exception>
    public static void WriteNothing(object? state)
    {
        var pipe = (SafePipeHandle)state!;
        using ManualResetEvent done = new(false);
        // The low bit keeps the completion from the port that .NET has bound the handle to (GetQueuedCompletionStatus, hEvent).
        NativeOverlapped overlapped = new() { EventHandle = done.SafeWaitHandle.DangerousGetHandle() | 1 };
        if (WriteFile(pipe, null, 0, null, &overlapped) != 0)
        {
            return;
        }

        int error = Marshal.GetLastPInvokeError();
        if (error == ErrorIoPending && GetOverlappedResult(pipe, &overlapped, out _, 1) != 0)
        {
            return;
        }

        error = error == ErrorIoPending ? Marshal.GetLastPInvokeError() : error;
        throw new IOException($"The end of standard input could not be sent: {new Win32Exception(error).Message}", error);
    }

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int WriteFile(SafePipeHandle file, byte* buffer, uint count, uint* written, NativeOverlapped* overlapped);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int GetOverlappedResult(SafePipeHandle file, NativeOverlapped* overlapped, out uint transferred, int wait);
}
