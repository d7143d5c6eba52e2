using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.Isolation.Probes.WindowsSandbox;

/// <summary>Whether the host's processes show in the instance.</summary>
internal sealed class HostProcessProbe : InstanceProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsb.processes",
        IsolationCategory.Process,
        IsolationSeverity.High,
        "Does Windows Sandbox see the host's processes?",
        "Windows Sandbox architecture: a kernel of its own",
        "-Backend WindowsSandbox, whose instance has a kernel of its own.");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(InstanceContext context, bool onHost) => [context.Canaries.Prefix];

    /// <inheritdoc/>
    protected override string Secret(InstanceContext context) => context.Canaries.Secret;
}
