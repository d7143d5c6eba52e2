namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can change the kernel's settings; this one names a program that the kernel runs as the host's root. It is opened and never written.</summary>
internal sealed class SettingsWriteProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.sysctl-write",
        IsolationCategory.Kernel,
        IsolationSeverity.Critical,
        "Can the sandbox change settings of the kernel, such as core_pattern?",
        "core(5), proc_sys_kernel(5)",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => ["/proc/sys/kernel/core_pattern"];
}
