using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.ProcessTree;

/// <summary>
/// Gives each command a number that all its descendants carry, whatever they do to session, group, parent or environment: their hard limit
/// RLIMIT_RTTIME (setrlimit(2); only real-time scheduled processes would ever reach it, after decades). The first number is random, because in
/// a chroot the process table is the host's and another guest may number its commands as well. A descendant may lower its own limit and so
/// lose the mark: this finds what was left behind, it is no wall. The wall is the launcher's control group.
/// </summary>
internal sealed unsafe class TreeMarker
{
    private const ulong Highest = 1UL << 51;
    private readonly ulong _range;
    private ulong _next;

    public TreeMarker()
    {
        ResourceLimit own;
        ulong ceiling = Libc.PrLimit(0, Os.RLIMIT_RTTIME, null, &own) == 0 ? Math.Min(own.Hard, Highest) : 0;
        _range = ceiling / 2;
        ulong random = 0;
        _ = Libc.GetRandom(&random, sizeof(ulong), 0); // If it fails, the process id still keeps guests apart.
        random ^= (ulong)Libc.GetPid() << 20;
        _next = _range == 0 ? 0 : random % _range;
    }

    /// <summary>The next number; 0 when this process may not set the limit (its own is 0 already).</summary>
    public ulong Next()
    {
        if (_range == 0)
        {
            return 0;
        }

        _next = (_next + 1) % _range;
        return _range + _next;
    }
}
