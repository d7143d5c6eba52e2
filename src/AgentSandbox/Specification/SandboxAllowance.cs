namespace AgentSandbox;

/// <summary>What of the kernel is closed to a sandbox by default and can be opened by name. What each opens, and what it risks: docs/security.md.</summary>
public enum SandboxAllowance
{
    /// <summary>Sockets to the hypervisor and to other virtual machines (AF_VSOCK), vsock(7).</summary>
    Vsock = 0,

    /// <summary>Rings for asynchronous input and output, io_uring(7). What is done through a ring, no system call filter sees.</summary>
    IoUring = 1,

    /// <summary>Handling one's own page faults, userfaultfd(2).</summary>
    UserFaultFd = 2,

    /// <summary>The kernel's store of keys, keyrings(7).</summary>
    Keyring = 3,

    /// <summary>User namespaces inside of the sandbox and what is done with them: other namespaces, mounts, another root. user_namespaces(7).</summary>
    NestedUserNamespace = 4,

    /// <summary>The device of virtual network interfaces, /dev/net/tun.</summary>
    Tun = 5,

    /// <summary>Control groups below the sandbox's own, cgroups(7): its commands may make and fill them, within the sandbox's limits.</summary>
    ControlGroups = 6,
}
