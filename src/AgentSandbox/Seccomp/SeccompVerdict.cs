namespace AgentSandbox.Seccomp;

/// <summary>What the filter answers: the value that a seccomp program returns, seccomp(2).</summary>
internal static class SeccompVerdict
{
    /// <summary>The kernel runs the system call.</summary>
    public const uint Allow = 0x7fff_0000;

    /// <summary>The system call fails with EPERM, as it does for lack of a capability; programs expect that in a container.</summary>
    public const uint Forbidden = ErrnoAction | 1;

    /// <summary>The system call fails with ENOSYS, as on an older kernel, so that libraries take the way that they have for one.</summary>
    public const uint Missing = ErrnoAction | 38;

    /// <summary>The socket's family is answered like one that the kernel was built without (EAFNOSUPPORT).</summary>
    public const uint NoFamily = ErrnoAction | 97;

    /// <summary>The socket's protocol is answered like one that the kernel was built without (EPROTONOSUPPORT).</summary>
    public const uint NoProtocol = ErrnoAction | 93;

    private const uint ErrnoAction = 0x0005_0000;
}
