namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can load programs into the kernel. None is loaded: one of no instructions is refused, to those who may load with another error.</summary>
internal sealed class BpfProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.bpf",
        IsolationCategory.Kernel,
        IsolationSeverity.Medium,
        "Can the sandbox load programs into the kernel (bpf)?",
        "bpf(2)",
        "-Backend Nspawn, whose system call filter refuses it.");
}
