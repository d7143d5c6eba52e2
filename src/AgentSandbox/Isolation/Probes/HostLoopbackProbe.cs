using System.Globalization;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether services on the host's 127.0.0.1 answer the sandbox.</summary>
internal sealed class HostLoopbackProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "net.host-loopback",
        IsolationCategory.Network,
        IsolationSeverity.High,
        "Can the sandbox reach services on the host's loopback address?",
        "network_namespaces(7)",
        "-Network None on -Backend Nspawn.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.HostNetwork(context);

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => [context.Canaries.LoopbackPort.ToString(CultureInfo.InvariantCulture)];

    /// <inheritdoc/>
    protected override string Secret(ProbeContext context) => context.Canaries.LoopbackSecret;

    /// <inheritdoc/>
    protected override string? HostRulesOut(PayloadView payload) => HostFacts.NoInterface(payload);
}
