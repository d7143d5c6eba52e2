namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can make io_uring rings, by which it does what its filter does not see. None is made: the call is without parameters.</summary>
internal sealed class IoUringProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.io-uring",
        IsolationCategory.Kernel,
        IsolationSeverity.Medium,
        "Can the sandbox use io_uring?",
        "io_uring_setup(2), proc_sys_kernel(5)",
        "-Backend Nspawn, whose system call filter refuses it without -Allow IoUring.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.Allowed(context, SandboxAllowance.IoUring);
}
