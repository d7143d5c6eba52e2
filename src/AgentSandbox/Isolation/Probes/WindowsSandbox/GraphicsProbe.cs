using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.Isolation.Probes.WindowsSandbox;

/// <summary>Whether the host's graphics processor, and with it the host's driver, serves the instance.</summary>
internal sealed class GraphicsProbe : InstanceProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsb.vgpu",
        IsolationCategory.Device,
        IsolationSeverity.High,
        "Does Windows Sandbox share the host's graphics processor?",
        "Windows Sandbox configuration: vGPU",
        "The default of -Backend WindowsSandbox.");

    /// <inheritdoc/>
    protected override string Name => "vGPU";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(InstanceContext context, bool onHost) => [];

    /// <inheritdoc/>
    protected override string? AbsentOnHost(InstanceContext context, ProbeAnswer baseline) =>
        baseline is { Outcome: ProbeOutcome.Closed, SelfTest: true } ? "This host has no graphics adapter of a graphics processor to share." : null;
}
