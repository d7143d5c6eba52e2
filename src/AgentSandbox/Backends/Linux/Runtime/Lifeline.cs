using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>A pipe whose reader learns that the process which holds the other end is gone, however that ended.</summary>
internal static unsafe class Lifeline
{
    private const int F_DUPFD_CLOEXEC = 1030;

    /// <summary>Makes the pipe; both ends close on exec.</summary>
    public static (FileDescriptor Read, FileDescriptor Write) Create()
    {
        int* ends = stackalloc int[2];
        Errno.Check(Libc.Pipe2(ends, Libc.O_CLOEXEC), "make a pipe");
        return (new FileDescriptor(ends[0]), new FileDescriptor(ends[1]));
    }

    /// <summary>Copies a descriptor to the lowest free number from <paramref name="least"/> on.</summary>
    public static FileDescriptor AtLeast(int fd, int least) => new(Errno.Check(Libc.FcntlLock(fd, F_DUPFD_CLOEXEC, (Libc.Flock*)least), "copy a descriptor"));
}
