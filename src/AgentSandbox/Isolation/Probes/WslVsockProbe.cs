namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether Windows' file servers answer the sandbox over AF_VSOCK, which neither a network namespace nor a root of its own holds back.</summary>
internal sealed class WslVsockProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsl.vsock",
        IsolationCategory.Network,
        IsolationSeverity.High,
        "Do Windows' file servers answer the sandbox (AF_VSOCK)?",
        "vsock(7)",
        "-Backend Nspawn, whose system call filter refuses the family without -Allow Vsock.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.Allowed(context, SandboxAllowance.Vsock);

    /// <inheritdoc/>
    protected override string? MissingHere(ProbeContext context) => context.Wsl.WhyNot;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => context.Wsl.FileServers;

    /// <inheritdoc/>
    protected override string? AbsentOnHost(ProbeContext context, ProbeAnswer baseline) => baseline is { Outcome: ProbeOutcome.Closed, SelfTest: true }
        ? $"No file server of Windows answers the distribution itself ({baseline.Description})."
        : null;
}
