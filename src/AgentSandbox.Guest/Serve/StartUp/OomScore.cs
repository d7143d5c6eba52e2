using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.StartUp;

/// <summary>How the out-of-memory killer of the kernel sees the guest, proc(5).</summary>
internal static class OomScore
{
    /// <summary>True when the launcher has protected the guest, which commands must not inherit.</summary>
    public static unsafe bool IsProtected()
    {
        int fd = FileDescriptor.Open("/proc/self/oom_score_adj", Os.O_RDONLY);
        if (fd < 0)
        {
            return false; // No /proc: then a command could not change it either.
        }

        byte first = 0;
        _ = Libc.Read(fd, &first, 1);
        FileDescriptor.Close(ref fd);
        return first == (byte)'-';
    }
}
