using System.Globalization;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether the sandbox can attach a debugger to a process of the host. The kernel tells the host who traces the canary.</summary>
internal sealed class TraceHostProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "process.ptrace-host",
        IsolationCategory.Process,
        IsolationSeverity.Critical,
        "Can the sandbox attach a debugger to the host's processes?",
        "ptrace(2)",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override bool HostWatches => true;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) =>
        [context.Canaries.Process.Id.ToString(CultureInfo.InvariantCulture), "100"];

    /// <inheritdoc/>
    protected override async Task<(ProbeAnswer Answer, bool Saw)> ObserveAsync(ProbeContext context, Func<Task<ProbeAnswer>> attempt, CancellationToken cancellationToken)
    {
        bool saw = false;
        Task<ProbeAnswer> running = attempt();
        while (!running.IsCompleted)
        {
            saw |= context.Canaries.Process.IsTraced();
            await Task.WhenAny(running, Task.Delay(5, cancellationToken));
        }

        return (await running, saw);
    }

    /// <inheritdoc/>
    protected override string? HostRulesOut(PayloadView payload) => HostFacts.OwnProcesses(payload);
}
