using System.ComponentModel;
using System.Runtime.InteropServices;
using AgentSandbox.Host.CommandLine.Streams.Windows;

namespace AgentSandbox.Host.CommandLine.Streams;

/// <summary>
/// The standard streams as the bytes that they are. Neither Console nor FileStream would do: the console's stream swallows EPIPE
/// and edits lines on a terminal, and FileStream writes a redirected file at offsets of its own, over what others write there. Windows has handles
/// in place of descriptors, see <see cref="WindowsHandles"/>.
/// </summary>
internal static class RawDescriptor
{
    /// <summary>Descriptor of standard input.</summary>
    public const int StandardInput = 0;

    /// <summary>Descriptor of standard output.</summary>
    public const int StandardOutput = 1;

    /// <summary>Descriptor of standard error.</summary>
    public const int StandardError = 2;

    /// <summary>
    /// The caller gave us this descriptor. When it was closed at the start, the runtime has by now put one of its own in its place (a pipe, an epoll
    /// instance), which must be neither read nor written. Those close on exec; one that came through execve(2) does not.
    /// </summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <returns>Whether it is the caller's.</returns>
    public static bool IsInherited(int descriptor)
    {
        if (OperatingSystem.IsWindows())
        {
            return WindowsHandles.IsInherited(descriptor);
        }

        int flags = NativeMethods.fcntl(descriptor, NativeMethods.F_GETFD);
        return flags >= 0 && (flags & NativeMethods.FD_CLOEXEC) == 0;
    }

    /// <summary>The descriptor is a terminal.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsTerminal(int descriptor) => OperatingSystem.IsWindows() ? WindowsHandles.IsTerminal(descriptor) : NativeMethods.isatty(descriptor) == 1;

    /// <summary>The descriptor is a terminal that understands escape sequences.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <returns>Whether it does.</returns>
    public static bool HasColour(int descriptor) => OperatingSystem.IsWindows() ? WindowsHandles.EnableEscapeSequences(descriptor) : IsTerminal(descriptor);

    /// <summary>Reading standard input gives the user's bytes. False when it is closed, and for a background job of an interactive shell: the kernel would stop us (SIGTTIN).</summary>
    /// <returns>Whether it can be read.</returns>
    public static bool InputCanBeRead() =>
        IsInherited(StandardInput) && (OperatingSystem.IsWindows() || !IsTerminal(StandardInput) || NativeMethods.tcgetpgrp(StandardInput) == NativeMethods.getpgrp());

    /// <summary>Reads what there is, waiting for at least one byte.</summary>
    /// <param name="descriptor">The descriptor.</param>
    /// <param name="buffer">Where it goes.</param>
    /// <returns>Bytes read; 0 at the end.</returns>
    /// <exception cref="IOException">It can't be read.</exception>
    public static unsafe int Read(int descriptor, Span<byte> buffer)
    {
        if (OperatingSystem.IsWindows())
        {
            return WindowsHandles.Read(descriptor, buffer);
        }

        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint count = NativeMethods.read(descriptor, start, buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                Retry(descriptor, NativeMethods.POLLIN, Marshal.GetLastPInvokeError());
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
        if (!IsInherited(descriptor))
        {
            throw OperatingSystem.IsWindows() ? WindowsHandles.Failure(descriptor, ConsoleApi.ERROR_INVALID_HANDLE) : Failure(descriptor, NativeMethods.EBADF);
        }

        if (OperatingSystem.IsWindows())
        {
            WindowsHandles.Write(descriptor, bytes);
            return;
        }

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
                throw Failure(descriptor, errno);
        }
    }

    private static IOException Failure(int descriptor, int errno)
    {
        string what = descriptor switch { StandardInput => "Standard input can't be read", StandardOutput => "Standard output can't be written", _ => "Standard error can't be written" };
        return new IOException($"{what}: {new Win32Exception(errno).Message}.");
    }
}
