using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.StartUp;

/// <summary>
/// <c>serve --stdio</c>: the guest's own standard input and output are its one connection, as docker attach and docker exec give them. They are
/// moved away from 0 and 1, so that no command, and no slip in the runtime, can ever read or write them.
/// </summary>
internal static unsafe class StandardStreams
{
    /// <summary>Where standard input is after <see cref="TakeOver"/>.</summary>
    public const int Input = 3;

    /// <summary>Where standard output is after <see cref="TakeOver"/>.</summary>
    public const int Output = 4;

    /// <summary>Checks that frames can be carried. What only ends at once, such as /dev/null or a closed descriptor, is nobody at the other end.</summary>
    /// <exception cref="StartUpException">A terminal, which changes bytes, or a file.</exception>
    public static void Check()
    {
        byte* stat = stackalloc byte[256];
        byte empty = 0;
        for (int fd = 0; fd < 2; fd++)
        {
            if (Libc.Statx(fd, &empty, Os.AT_EMPTY_PATH, Os.STATX_TYPE, stat) != 0)
            {
                continue; // Closed: filled with an ended pipe.
            }

            int type = *(ushort*)(stat + 28) & Os.S_IFMT; // stx_mode, statx(2).
            long windowSize; // struct winsize: four 16-bit numbers.
            bool isTerminal = type == Os.S_IFCHR && Libc.Ioctl(fd, Os.TIOCGWINSZ, (int*)&windowSize) == 0;
            if (isTerminal || type is not (Os.S_IFIFO or Os.S_IFSOCK or Os.S_IFCHR))
            {
                throw new StartUpException($"Descriptor {fd} is {(isTerminal ? "a terminal" : "no pipe and no socket")}, which can't be a connection.");
            }
        }
    }

    /// <summary>Moves them to <see cref="Input"/> and <see cref="Output"/>, and leaves nothing to read or write at 0 and 1.</summary>
    /// <exception cref="StartUpException">It can't be done.</exception>
    public static void TakeOver()
    {
        Move(0, Input);
        Move(1, Output);
        int nothing = Descriptors.OpenEmptyInput();
        if (Libc.Dup2(nothing, 0) < 0 || Libc.Dup2(nothing, 1) < 0)
        {
            throw new StartUpException("dup2 over the standard streams", Libc.Errno);
        }

        FileDescriptor.Close(ref nothing);
    }

    private static void Move(int from, int to)
    {
        int flags = Libc.Fcntl(from, Os.F_GETFL, 0);
        if (flags < 0 || Libc.Fcntl(from, Os.F_SETFL, flags | Os.O_NONBLOCK) != 0)
        {
            throw new StartUpException($"fcntl of descriptor {from}", Libc.Errno);
        }

        int moved = Libc.Fcntl(from, Os.F_DUPFD_CLOEXEC, to);
        if (moved != to)
        {
            throw moved < 0 ? new StartUpException($"fcntl(F_DUPFD_CLOEXEC) of descriptor {from}", Libc.Errno) : new StartUpException($"Descriptor {to} is not free.");
        }
    }
}
