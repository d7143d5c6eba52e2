using System.Globalization;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a signal from the sandbox reaches a process of the host. The process itself writes it down.</summary>
internal sealed class SignalHostProbe : GuestProbe
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "process.signal-host",
        IsolationCategory.Process,
        IsolationSeverity.Critical,
        "Can the sandbox send signals to the host's processes?",
        "kill(2), pid_namespaces(7)",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override bool HostWatches => true;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => [context.Canaries.Process.Id.ToString(CultureInfo.InvariantCulture)];

    /// <inheritdoc/>
    protected override async Task<(ProbeAnswer Answer, bool Saw)> ObserveAsync(ProbeContext context, Func<Task<ProbeAnswer>> attempt, CancellationToken cancellationToken)
    {
        int before = context.Canaries.Process.Signals;
        ProbeAnswer answer = await attempt();
        return (answer, await context.Canaries.Process.SignalledSinceAsync(before, s_patience, cancellationToken));
    }

    /// <inheritdoc/>
    protected override string? HostRulesOut(PayloadView payload) => HostFacts.OwnProcesses(payload);
}
