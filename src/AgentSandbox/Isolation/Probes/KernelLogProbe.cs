namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can read the kernel's log. Only its size is asked for.</summary>
internal sealed class KernelLogProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.dmesg",
        IsolationCategory.Kernel,
        IsolationSeverity.Medium,
        "Can the sandbox read the kernel's log?",
        "syslog(2), proc_sys_kernel(5)",
        "-Backend Nspawn, whose system call filter refuses it.");
}
