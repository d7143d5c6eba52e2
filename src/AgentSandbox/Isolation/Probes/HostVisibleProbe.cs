namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether the host's processes show in the sandbox's /proc.</summary>
internal sealed class HostVisibleProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "process.host-visible",
        IsolationCategory.Process,
        IsolationSeverity.High,
        "Does the sandbox see the host's processes and their arguments?",
        "proc(5), pid_namespaces(7)",
        "-Backend Nspawn, which has a process namespace of its own.");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => [context.Canaries.Process.Prefix];

    /// <inheritdoc/>
    protected override string Secret(ProbeContext context) => context.Canaries.Process.Secret;
}
