using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.ProcessTree;

/// <summary>
/// Gives each command a number that all its descendants carry, whatever they do to session, group, parent or environment: their hard limit
/// RLIMIT_RTTIME (setrlimit(2); only real-time scheduled processes would ever reach it, after decades). The first number is random, because in
/// a chroot the process table is the host's and another guest may number its commands as well. A descendant may lower its own limit and so
/// lose the mark: this finds what was left behind, it is no wall. The wall is the launcher's control group, or the container.
///
/// gVisor lets nobody set RLIMIT_RTTIME. There it is RLIMIT_FSIZE: the largest file, in bytes, of which any mark is half a petabyte at least.
/// </summary>
internal sealed unsafe class TreeMarker
{
    private const ulong Highest = 1UL << 51;

    /// <summary>A largest file below this could be reached; the mark is half of it at least.</summary>
    private const ulong LowestFileSize = 1UL << 50;
    private readonly ulong _range;
    private ulong _next;

    public TreeMarker()
    {
        ulong ceiling = Ceiling(Os.RLIMIT_RTTIME);
        Resource = Os.RLIMIT_RTTIME;
        if (ceiling == 0)
        {
            ceiling = Ceiling(Os.RLIMIT_FSIZE);
            ceiling = ceiling < LowestFileSize ? 0 : ceiling;
            Resource = Os.RLIMIT_FSIZE;
        }

        _range = ceiling / 2;
        ulong random = 0;
        _ = Libc.GetRandom(&random, sizeof(ulong), 0); // If it fails, the process id still keeps guests apart.
        random ^= (ulong)Libc.GetPid() << 20;
        _next = _range == 0 ? 0 : random % _range;
    }

    /// <summary>The limit that carries the number, of setrlimit(2).</summary>
    public int Resource { get; }

    /// <summary>The next number; 0 when this process may set no such limit (its own is 0 already, or the kernel has none).</summary>
    public ulong Next()
    {
        if (_range == 0)
        {
            return 0;
        }

        _next = (_next + 1) % _range;
        return _range + _next;
    }

    /// <summary>The highest that may be set; 0 for none. To set what is set already is refused only where nothing may be set.</summary>
    private static ulong Ceiling(int resource)
    {
        ResourceLimit own;
        return Libc.PrLimit(0, resource, null, &own) == 0 && Libc.PrLimit(0, resource, &own, null) == 0 ? Math.Min(own.Hard, Highest) : 0;
    }
}
