using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>Settings of the guest's ends of a command's pipes.</summary>
internal static class PipeSetup
{
    /// <summary>Makes the guest's end non-blocking. The command's end is another open file and stays blocking, as programs expect.</summary>
    public static void Prepare(int descriptor)
    {
        if (descriptor >= 0)
        {
            _ = Libc.Fcntl(descriptor, Os.F_SETFL, Os.O_NONBLOCK); // Can't fail on a pipe that was just made.
        }
    }

    /// <summary>
    /// The same, and room for as much as the kernel lets this user have: a fast command is then switched to less often. Refused beyond a
    /// user's quota, pipe(7); the pipe works with 64 KiB as well.
    /// </summary>
    public static void PrepareLarge(int descriptor)
    {
        Prepare(descriptor);
        if (descriptor >= 0)
        {
            for (nint size = 1024 * 1024; size > 64 * 1024 && Libc.Fcntl(descriptor, Os.F_SETPIPE_SZ, size) < 0; size /= 4)
            {
            }
        }
    }
}
