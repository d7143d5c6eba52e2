namespace AgentSandbox.Seccomp;

/// <summary>What each allowance changes in the policy, as data: calls that are let through, and calls that are answered as an older kernel would.</summary>
internal static class SyscallAllowances
{
    /// <summary>Let through whatever the arguments are.</summary>
    private static readonly Dictionary<SandboxAllowance, string> s_allowed = new()
    {
        [SandboxAllowance.IoUring] = "io_uring_setup io_uring_enter io_uring_register",
        [SandboxAllowance.UserFaultFd] = "userfaultfd",
        [SandboxAllowance.Keyring] = "add_key request_key keyctl",
        // What makes a namespace, and what is then done in it. Without one the kernel refuses all of these to a payload, which has no capability for them.
        [SandboxAllowance.NestedUserNamespace] = "clone unshare setns mount umount2 pivot_root chroot sethostname setdomainname",
    };

    /// <summary>
    /// Answered with ENOSYS instead of EPERM: with the newer way to mount closed as if the kernel were older, mount(8) and container runtimes take mount(2).
    /// Its parser of options has been a way out of containers (CVE-2022-0185).
    /// </summary>
    private static readonly Dictionary<SandboxAllowance, string> s_missing = new()
    {
        [SandboxAllowance.NestedUserNamespace] = "open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick mount_setattr",
    };

    private const uint VirtualMachine = 40; // AF_VSOCK

    /// <summary>Changes the rules.</summary>
    /// <param name="rules">The rules of a sandbox without allowances.</param>
    /// <param name="allowances">What is allowed.</param>
    public static void Apply(Dictionary<string, SyscallRule> rules, IEnumerable<SandboxAllowance> allowances)
    {
        foreach (SandboxAllowance allowance in allowances)
        {
            Set(rules, s_allowed.GetValueOrDefault(allowance), SyscallRule.Allow);
            Set(rules, s_missing.GetValueOrDefault(allowance), SyscallRule.Miss);
            if (allowance == SandboxAllowance.Vsock)
            {
                SyscallRule socket = rules["socket"];
                rules["socket"] = socket with { Clauses = [.. socket.Clauses, new SyscallClause(SeccompVerdict.Allow, ArgumentTest.Equals(0, VirtualMachine))] };
            }
        }
    }

    private static void Set(Dictionary<string, SyscallRule> rules, string? names, SyscallRule rule)
    {
        foreach (string name in names?.Split(' ') ?? [])
        {
            rules[name] = rule;
        }
    }
}
