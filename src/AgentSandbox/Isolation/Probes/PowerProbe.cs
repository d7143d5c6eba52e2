namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can set the machine's power state. The file is opened and never written.</summary>
internal sealed class PowerProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.sysfs-write",
        IsolationCategory.Kernel,
        IsolationSeverity.High,
        "Can the sandbox write to /sys, such as the power state?",
        "sysfs(5)",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => ["/sys/power/state"];
}
