namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether the sandbox can make sockets to the hypervisor and other virtual machines, which no network namespace holds back.</summary>
internal sealed class VsockProbe : GuestProbe
{
    private const int NoFamily = 97;

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "net.vsock",
        IsolationCategory.Network,
        IsolationSeverity.Medium,
        "Can the sandbox make sockets to the hypervisor (AF_VSOCK)?",
        "vsock(7)",
        "-Backend Nspawn, whose system call filter refuses the family without -Allow Vsock.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.Allowed(context, SandboxAllowance.Vsock);

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => [];

    /// <inheritdoc/>
    protected override string? AbsentOnHost(ProbeContext context, ProbeAnswer baseline) => baseline.Errno == NoFamily ? "This host's kernel has no AF_VSOCK." : null;
}
