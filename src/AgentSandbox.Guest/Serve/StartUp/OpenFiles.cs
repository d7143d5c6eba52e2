using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.StartUp;

/// <summary>The guest needs four descriptors for each command; a command gets the limits that the launcher meant.</summary>
internal static unsafe class OpenFiles
{
    private const ulong Enough = 65536;

    /// <summary>Raises the guest's own soft limit.</summary>
    /// <returns>The limits before, for commands.</returns>
    /// <exception cref="StartUpException">They can't be read.</exception>
    public static ResourceLimit RaiseLimit()
    {
        ResourceLimit before;
        if (Libc.PrLimit(0, Os.RLIMIT_NOFILE, null, &before) != 0)
        {
            throw new StartUpException("prlimit(RLIMIT_NOFILE)", Libc.Errno);
        }

        ResourceLimit raised = before;
        raised.Soft = Math.Max(before.Soft, Math.Min(before.Hard, Enough));
        _ = Libc.PrLimit(0, Os.RLIMIT_NOFILE, &raised, null); // Below the hard limit it is always allowed; without it fewer commands fit.
        return before;
    }
}
