using System.ComponentModel;
using System.Runtime.InteropServices;

namespace AgentSandbox.Host.CommandLine.Streams;

/// <summary>
/// The standard streams as the bytes that they are. Neither Console nor FileStream would do: the console's stream swallows EPIPE
/// and edits lines on a terminal, and FileStream writes a redirected file at offsets of its own, over what others write there.
/// </summary>
internal static class RawDescriptor
{
    /// <summary>Descriptor of standard input.</summary>
    public const int StandardInput = 0;

    /// <summary>Descriptor of standard output.</summary>
    public const int StandardOutput = 1;

    /// <summary>Descriptor of standard error.</summary>
    public const int StandardError = 2;

    /// <summary>The descriptor is a terminal.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsTerminal(int descriptor) => NativeMethods.isatty(descriptor) == 1;

    /// <summary>Reading standard input gives the user's bytes. False for a background job of an interactive shell: the kernel would stop us (SIGTTIN).</summary>
    /// <returns>Whether it can be read.</returns>
    public static bool InputCanBeRead() => !IsTerminal(StandardInput) || NativeMethods.tcgetpgrp(StandardInput) == NativeMethods.getpgrp();

    /// <summary>Reads what there is, waiting for at least one byte.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="buffer">Where it goes.</param>
    /// <returns>Bytes read; 0 at the end, also when the descriptor was closed from the start.</returns>
    /// <exception cref="IOException">It can't be read.</exception>
    public static unsafe int Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint count = NativeMethods.read(descriptor, start, buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                int errno = Marshal.GetLastPInvokeError();
                if (errno == NativeMethods.EBADF)
                {
                    return 0;
                }

                Retry(descriptor, NativeMethods.POLLIN, errno);
            }
        }
    }

    /// <summary>Writes all of it.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="OutputClosedException">Who read it has gone.</exception>
    /// <exception cref="IOException">It can't be written.</exception>
    public static unsafe void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint done = 0;
            while (done < bytes.Length)
            {
                nint count = NativeMethods.write(descriptor, start + done, bytes.Length - done);
                if (count >= 0)
                {
                    done += count;
                    continue;
                }

                int errno = Marshal.GetLastPInvokeError();
                if (errno == NativeMethods.EPIPE)
                {
                    throw new OutputClosedException();
                }

                Retry(descriptor, NativeMethods.POLLOUT, errno);
            }
        }
    }

    // A parent may have left the descriptor non-blocking (ssh and Node do); then the kernel says EAGAIN and we wait.
    private static unsafe void Retry(int descriptor, short events, int errno)
    {
        switch (errno)
        {
            case NativeMethods.EINTR:
                return;
            case NativeMethods.EAGAIN:
                var poll = new NativeMethods.PollFd { Descriptor = descriptor, Events = events };
                _ = NativeMethods.poll(&poll, 1, -1);
                return;
            default:
                string name = descriptor switch { StandardInput => "Standard input can't be read", StandardOutput => "Standard output can't be written", _ => "Standard error can't be written" };
                throw new IOException($"{name}: {new Win32Exception(errno).Message}.");
        }
    }
}
