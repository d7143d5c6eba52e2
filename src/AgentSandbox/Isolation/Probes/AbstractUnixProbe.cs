using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether abstract Unix sockets of the host, which no file's permissions guard, answer the sandbox.</summary>
internal sealed class AbstractUnixProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "net.abstract-unix",
        IsolationCategory.Network,
        IsolationSeverity.High,
        "Can the sandbox reach abstract Unix sockets of the host?",
        "unix(7), network_namespaces(7)",
        "-Network None on -Backend Nspawn.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.HostNetwork(context);

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => [context.Canaries.AbstractName];

    /// <inheritdoc/>
    protected override string Secret(ProbeContext context) => context.Canaries.AbstractSecret;

    /// <inheritdoc/>
    protected override string? HostRulesOut(PayloadView payload) => HostFacts.OwnNetwork(payload);
}
