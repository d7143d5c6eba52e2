using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>What differs between the Linux backends: how the root is mapped, and which program turns it into a place.</summary>
internal abstract class GuestLauncher
{
    /// <summary>How the root file system is to be built.</summary>
    /// <param name="record">The sandbox.</param>
    /// <returns>The plan.</returns>
    public abstract RootPlan PlanRoot(SandboxRecord record);

    /// <summary>The sandbox's default user, as ids on the host.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="rootFd">Its root.</param>
    /// <returns>Host ids.</returns>
    public abstract SandboxUser HostUser(SandboxRecord record, int rootFd);

    /// <summary>Prepares what the program needs in the supervisor's mount namespace, after the root was built.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="rootFd">Its root.</param>
    public virtual void Prepare(SandboxRecord record, int rootFd)
    {
    }

    /// <summary>Program and arguments that start the guest. Runs in the runtime folder; <c>root</c> there is the root.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="user">The default user, as ids on the host.</param>
    /// <param name="root">Absolute path of the root.</param>
    /// <returns>The command line.</returns>
    public abstract IReadOnlyList<string> CommandLine(SandboxRecord record, SandboxUser user, string root);

    /// <summary>Options of the guest that confine it and every command of its.</summary>
    /// <param name="record">The sandbox.</param>
    /// <returns>The options.</returns>
    protected static IEnumerable<string> Confinement(SandboxRecord record) =>
    [
        "--no-new-privileges", "--drop-capabilities", "--seccomp",
        .. record.Specification.Mounts.Any(m => !m.ReadOnly) ? ["--deny-set-id"] : Array.Empty<string>(),
        .. GuestAllowances.Arguments(record.Specification),
    ];

    /// <summary>Variables of that program.</summary>
    public virtual IReadOnlyList<string> Environment => ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"];

    /// <summary>The guest is the first process of a process namespace of its own.</summary>
    public abstract bool HasProcessNamespace { get; }
}
