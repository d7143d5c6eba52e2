using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether the sandbox has a way to other machines, the cloud's metadata service among them. Nothing is sent.</summary>
internal sealed class EgressProbe : GuestProbe
{
    // RFC 5737's and RFC 3849's addresses for examples, which nobody has, follow the default route; the third is where clouds hand out credentials.
    private static readonly string[] s_addresses = ["192.0.2.1", "2001:db8::1", "169.254.169.254"];

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "net.egress",
        IsolationCategory.Network,
        IsolationSeverity.Medium,
        "Does the sandbox have a route to other machines?",
        "network_namespaces(7), RFC 5737",
        "-Network None on -Backend Nspawn.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.HostNetwork(context);

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => s_addresses;

    /// <inheritdoc/>
    protected override string? AbsentOnHost(ProbeContext context, ProbeAnswer baseline) =>
        baseline is { Outcome: ProbeOutcome.Closed, SelfTest: true } ? "This host has no route to other machines itself." : null;

    /// <inheritdoc/>
    protected override string? HostRulesOut(PayloadView payload) => HostFacts.NoInterface(payload);
}
