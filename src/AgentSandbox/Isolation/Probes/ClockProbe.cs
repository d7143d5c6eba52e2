namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can set the host's clock. It is told to set nothing.</summary>
internal sealed class ClockProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "priv.clock",
        IsolationCategory.Privilege,
        IsolationSeverity.High,
        "Can the sandbox set the host's clock?",
        "settimeofday(2), capabilities(7)",
        "-Backend Nspawn, whose system call filter refuses it.");
}
