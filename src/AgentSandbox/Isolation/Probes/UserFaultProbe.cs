namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can handle page faults itself, by which races in the kernel are won. Asked with a flag that does not exist.</summary>
internal sealed class UserFaultProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.userfaultfd",
        IsolationCategory.Kernel,
        IsolationSeverity.Low,
        "Can the sandbox handle its own page faults (userfaultfd)?",
        "userfaultfd(2)",
        "-Backend Nspawn, whose system call filter refuses it without -Allow UserFaultFd.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.Allowed(context, SandboxAllowance.UserFaultFd);
}
