using System.Globalization;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether /proc/PID/root of a process outside leads out.</summary>
internal sealed class ProcRootProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "fs.proc-root",
        IsolationCategory.FileSystem,
        IsolationSeverity.Critical,
        "Does /proc/PID/root of a host process lead out of the sandbox?",
        "proc_pid_root(5), ptrace(2)",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) =>
        [context.Canaries.Process.Id.ToString(CultureInfo.InvariantCulture), context.Canaries.Files.SecretFile];

    /// <inheritdoc/>
    protected override string Secret(ProbeContext context) => context.Canaries.Files.Secret;
}
