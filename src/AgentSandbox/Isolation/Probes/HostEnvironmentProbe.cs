using System.Globalization;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether the environment of the host's processes, where secrets often are, can be read.</summary>
internal sealed class HostEnvironmentProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "process.environ-host",
        IsolationCategory.Process,
        IsolationSeverity.High,
        "Can the sandbox read the environment of the host's processes?",
        "proc_pid_environ(5), ptrace(2)",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) =>
        [context.Canaries.Process.Id.ToString(CultureInfo.InvariantCulture), context.Canaries.Process.Prefix];

    /// <inheritdoc/>
    protected override string Secret(ProbeContext context) => context.Canaries.Process.EnvironmentSecret;

    /// <inheritdoc/>
    protected override string? HostRulesOut(PayloadView payload) => HostFacts.OwnProcesses(payload);
}
