namespace AgentSandbox.Isolation;

/// <summary>Names of errno(3) for evidence: people know EPERM, not 1. Numbers are those that x86-64 and arm64 share.</summary>
internal static class ErrnoName
{
    /// <summary>The name and, in words, what kind of barrier usually answers so.</summary>
    public static string Of(int errno) => errno switch
    {
        1 => "EPERM (refused by a missing capability or a filter)",
        2 => "ENOENT (no such path)",
        3 => "ESRCH (no such process)",
        6 => "ENXIO (no such device)",
        13 => "EACCES (refused by permissions or a nodev mount)",
        22 => "EINVAL",
        28 => "ENOSPC (a limit of the kernel)",
        30 => "EROFS (read-only)",
        38 => "ENOSYS (the system call is not there)",
        93 => "EPROTONOSUPPORT (the protocol is not there)",
        97 => "EAFNOSUPPORT (the address family is not there)",
        99 => "EADDRNOTAVAIL (no address to go out from)",
        101 => "ENETUNREACH (no route)",
        110 => "ETIMEDOUT",
        111 => "ECONNREFUSED (nobody listens)",
        113 => "EHOSTUNREACH (no route)",
        _ => $"errno {errno}",
    };
}
