using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.Isolation.Probes.WindowsSandbox;

/// <summary>Whether the instance has a way to other machines. Nothing is sent: connecting a datagram socket asks the routing table only.</summary>
internal sealed class NetworkProbe : InstanceProbe
{
    // RFC 5737's and RFC 3849's addresses for examples, which nobody has, follow the default route; the third is where clouds hand out credentials.
    private static readonly string[] s_addresses = ["192.0.2.1", "2001:db8::1", "169.254.169.254"];

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsb.network",
        IsolationCategory.Network,
        IsolationSeverity.Medium,
        "Does Windows Sandbox have a network adapter or a route to other machines?",
        "Windows Sandbox configuration: Networking, RFC 5737",
        "-Network None.");

    /// <inheritdoc/>
    protected override string Name => "Networking";

    /// <inheritdoc/>
    public override string? DeclaredBy(InstanceContext context) =>
        context.Specification.Network == NetworkMode.Host && context.Defaults.Network != NetworkMode.Host ? "-Network Host" : null;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(InstanceContext context, bool onHost) => s_addresses;

    /// <inheritdoc/>
    protected override string? AbsentOnHost(InstanceContext context, ProbeAnswer baseline) =>
        baseline is { Outcome: ProbeOutcome.Closed, SelfTest: true } ? "This host has no route to other machines itself." : null;
}
