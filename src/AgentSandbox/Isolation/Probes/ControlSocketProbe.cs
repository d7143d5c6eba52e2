namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether sockets by which the machine is ruled answer: who speaks to a container engine is root. They are told nothing.</summary>
internal sealed class ControlSocketProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "net.control-sockets",
        IsolationCategory.Network,
        IsolationSeverity.Critical,
        "Do the host's control sockets (container engines, D-Bus, systemd) answer the sandbox?",
        "unix(7)",
        "No -Mount of a folder with such a socket.");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => context.ControlSockets;

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => context.ControlSockets
        .Where(address => !address.StartsWith("unix:@", StringComparison.Ordinal)).Select(address => HostFacts.MountOf(context, address["unix:".Length..], writable: false)).FirstOrDefault(mount => mount is not null);
}
