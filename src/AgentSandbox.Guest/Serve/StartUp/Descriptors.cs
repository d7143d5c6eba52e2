using System.Globalization;
using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.StartUp;

/// <summary>Puts the descriptors in order that the launcher left open: 0-2, the listening socket at 3 where there is one, nothing else.</summary>
internal static unsafe class Descriptors
{
    /// <summary>First descriptor that is passed by the LISTEN_FDS protocol, sd_listen_fds(3).</summary>
    public const int ListeningSocket = 3;

    /// <summary>
    /// A pipe that the launcher holds the other end of, -1 without one. Its end is the launcher's: then nobody would keep this sandbox's
    /// deadlines or clean up after it, so it ends too.
    /// </summary>
    public static int Lifeline { get; private set; } = -1;

    /// <summary>Checks that the variables of sd_listen_fds(3) speak to this process, and that descriptor 3 listens.</summary>
    /// <exception cref="StartUpException">There is no listening socket for this process.</exception>
    public static void CheckListeningSocket()
    {
        string? pid = Environment.GetEnvironmentVariable("LISTEN_PID");
        if (pid is not null && pid != Libc.GetPid().ToString(CultureInfo.InvariantCulture))
        {
            throw new StartUpException($"LISTEN_PID is {pid}, which is another process.");
        }

        string? count = Environment.GetEnvironmentVariable("LISTEN_FDS");
        if (count is not (null or "1" or "2"))
        {
            throw new StartUpException($"LISTEN_FDS is {count}; a socket, and possibly a lifeline, are expected.");
        }

        Lifeline = count == "2" ? ListeningSocket + 1 : -1;

        int listens = 0;
        int size = sizeof(int);
        if (Libc.GetSocketOption(ListeningSocket, Os.SOL_SOCKET, Os.SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0)
        {
            throw new StartUpException("Descriptor 3 is no listening socket.");
        }
    }

    /// <summary>First descriptor that the launcher did not mean to give, when it gave a listening socket.</summary>
    public static int FirstUnknown => (Lifeline < 0 ? ListeningSocket : Lifeline) + 1;

    /// <summary>Closes what lies above the known ones, and fills 0-2 where they are closed.</summary>
    public static void CloseTheRest(int first)
    {
        if (Libc.Syscall(Os.SYS_close_range, first, int.MaxValue, 0, 0, 0) != 0)
        {
            for (int fd = first; fd < 4096; fd++)
            {
                _ = Libc.Close(fd); // Kernels before 5.9 have no close_range(2); most of these numbers are not open.
            }
        }

        for (int fd = 0; fd < ListeningSocket; fd++)
        {
            if (Libc.Fcntl(fd, Os.F_GETFD, 0) < 0)
            {
                FillWithPipeEnd(fd);
            }
        }
    }

    /// <summary>Lets no program inherit the socket; only in the second start, which has to.</summary>
    public static void KeepListeningSocket()
    {
        int flags = Libc.Fcntl(ListeningSocket, Os.F_GETFL, 0);
        if (flags < 0
            || Libc.Fcntl(ListeningSocket, Os.F_SETFD, Os.FD_CLOEXEC) != 0
            || Libc.Fcntl(ListeningSocket, Os.F_SETFL, flags | Os.O_NONBLOCK) != 0)
        {
            throw new StartUpException("fcntl of the listening socket", Libc.Errno);
        }

        if (Lifeline >= 0 && Libc.Fcntl(Lifeline, Os.F_SETFD, Os.FD_CLOEXEC) != 0)
        {
            throw new StartUpException("fcntl of the lifeline", Libc.Errno);
        }
    }

    /// <summary>What a command without standard input reads: /dev/null, or where a root has none, a pipe that nobody writes to.</summary>
    /// <exception cref="StartUpException">Neither can be opened.</exception>
    public static int OpenEmptyInput()
    {
        int fd = FileDescriptor.Open("/dev/null", Os.O_RDONLY);
        return fd >= 0 ? fd : EmptyPipe();
    }

    private static void FillWithPipeEnd(int target)
    {
        int fd = EmptyPipe();
        if (fd != target)
        {
            _ = Libc.Dup2(fd, target);
            FileDescriptor.Close(ref fd);
        }
    }

    private static int EmptyPipe()
    {
        int* ends = stackalloc int[2];
        if (Libc.Pipe2(ends, Os.O_CLOEXEC) != 0)
        {
            throw new StartUpException("pipe2", Libc.Errno);
        }

        FileDescriptor.Close(ref ends[1]);
        return ends[0];
    }
}
