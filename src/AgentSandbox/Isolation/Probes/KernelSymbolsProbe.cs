namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload learns where the kernel's code is, which its address randomisation hides.</summary>
internal sealed class KernelSymbolsProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.kallsyms",
        IsolationCategory.Kernel,
        IsolationSeverity.Medium,
        "Does the sandbox see addresses of the kernel's code?",
        "proc_sys_kernel(5), proc_kallsyms(5)",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");
}
