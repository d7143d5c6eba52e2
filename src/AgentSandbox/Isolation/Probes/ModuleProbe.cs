namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can load code into the kernel. Asked with a file that is none.</summary>
internal sealed class ModuleProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.module",
        IsolationCategory.Kernel,
        IsolationSeverity.High,
        "Can the sandbox load kernel modules?",
        "finit_module(2), capabilities(7)",
        "-Backend Nspawn, whose system call filter refuses it.");
}
