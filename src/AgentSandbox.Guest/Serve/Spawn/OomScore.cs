using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>How the out-of-memory killer of the kernel sees the guest, proc(5).</summary>
internal static unsafe class OomScore
{
    /// <summary>True when the guest is protected, which commands must not inherit. Asked for each command: the launcher may do so at any time.</summary>
    public static bool IsProtected()
    {
        int fd;
        fixed (byte* path = "/proc/self/oom_score_adj\0"u8)
        {
            fd = Libc.Open(path, Os.O_RDONLY | Os.O_NONBLOCK | Os.O_CLOEXEC, 0);
        }

        if (fd < 0)
        {
            return false; // No /proc: then the command could not change it either.
        }

        byte first = 0;
        _ = Libc.Read(fd, &first, 1);
        FileDescriptor.Close(ref fd);
        return first == (byte)'-';
    }
}
