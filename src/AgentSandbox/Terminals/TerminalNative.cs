using System.Runtime.InteropServices;

namespace AgentSandbox.Terminals;

/// <summary>The calls of the C library that a terminal needs, named as in their man pages: termios(3), ioctl_tty(2), poll(2).</summary>
internal static unsafe partial class TerminalNative
{
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int TCSADRAIN = 1;
    public const int TCSAFLUSH = 2;
    public const nuint TIOCGWINSZ = 0x5413;
    public const short POLLIN = 1;
    public const short POLLOUT = 4;
    public const short POLLHUP = 0x10;
    public const int O_CLOEXEC = 0x80000;

    /// <summary>A <c>struct termios</c> that is only passed back to the C library: 60 bytes in glibc and musl.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 128)]
    public struct Termios
    {
        private readonly byte _first;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        private readonly ushort _horizontalPixels;
        private readonly ushort _verticalPixels;
    }

    [LibraryImport("libc", SetLastError = true)]
    public static partial int isatty(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int tcgetpgrp(int descriptor);

    [LibraryImport("libc")]
    public static partial int getpgrp();

    [LibraryImport("libc", SetLastError = true)]
    public static partial int tcgetattr(int descriptor, Termios* termios);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int tcsetattr(int descriptor, int when, Termios* termios);

    [LibraryImport("libc")]
    public static partial void cfmakeraw(Termios* termios);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int ioctl(int descriptor, nuint request, WindowSize* size);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int poll(PollFd* descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int pipe2(int* descriptors, int flags);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int descriptor);
}
