using System.Globalization;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether services of the host answer the sandbox at an address of the host's network cards or bridges.</summary>
internal sealed class HostGatewayProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "net.host-gateway",
        IsolationCategory.Network,
        IsolationSeverity.Medium,
        "Can the sandbox reach services on the host's addresses other than loopback?",
        "network_namespaces(7), veth(4)",
        "-Network None on -Backend Nspawn.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.HostNetwork(context);

    /// <inheritdoc/>
    protected override string? MissingHere(ProbeContext context) =>
        context.Canaries.Gateways.Ends.Count == 0 ? "This host has no address other than loopback, so nobody can reach it at one." : null;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) =>
        [.. context.Canaries.Gateways.Ends.SelectMany(end => new[] { end.Address.ToString(), end.Port.ToString(CultureInfo.InvariantCulture) })];

    /// <inheritdoc/>
    /// <remarks>For a sandbox on another machine no port is opened on this one; there is a secret all the same, so that nothing is tried there either.</remarks>
    protected override string? Secret(ProbeContext context) => context.Payload.OutOfSight is null ? context.Canaries.Gateways.Secret : "";

    /// <inheritdoc/>
    protected override string? HostRulesOut(PayloadView payload) => HostFacts.NoInterface(payload);
}
