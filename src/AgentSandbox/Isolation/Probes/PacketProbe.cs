namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can make packet sockets, which see and forge all traffic of their network. One for no protocol receives nothing.</summary>
internal sealed class PacketProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "net.raw",
        IsolationCategory.Network,
        IsolationSeverity.Medium,
        "Can the sandbox make packet sockets?",
        "packet(7), capabilities(7)",
        "-Backend Nspawn, whose system call filter refuses it.");
}
