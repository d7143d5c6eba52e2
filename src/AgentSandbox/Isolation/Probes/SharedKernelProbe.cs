namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload's system calls are answered by the host's kernel. The host knows by where it finds it; what a kernel calls itself can be made up.</summary>
internal sealed class SharedKernelProbe : HostProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        IsolationGrading.KernelProbe,
        IsolationCategory.Kernel,
        IsolationSeverity.Medium,
        "Is the sandbox on the host's kernel?",
        "namespaces(7), clone(2)",
        "-Backend GVisor, or WindowsSandbox.");

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context)
    {
        int id = context.Payload.Each(process => process.Id)[0];
        return context.Payload.IsOwnKernel
            ? IsolationFinding.Host(false, $"No process of this kernel is the payload: {context.Payload.Name} answers its system calls.")
            : IsolationFinding.Host(true, $"The payload is process {id} of this machine's own kernel{(context.Wsl.WhyNot is null ? ", which is that of WSL's virtual machine and of all its distributions" : "")}: a hole in it is a hole in the sandbox.");
    }
}
