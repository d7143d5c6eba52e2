namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a filter stands between a payload and the kernel's rarer system calls.</summary>
internal sealed class SeccompProbe : HostProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.seccomp",
        IsolationCategory.Kernel,
        IsolationSeverity.Medium,
        "Does a payload run without a system call filter?",
        "seccomp(2), proc_pid_status(5)",
        "-Backend Nspawn.");

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context)
    {
        string[] modes = [.. context.Payload.Each(process => process.Status("Seccomp")).Distinct()];
        bool filtered = modes is ["2"];
        return IsolationFinding.Host(!filtered, $"Seccomp of {context.Payload.Name} is {string.Join(" and ", modes)} ({(filtered ? "filtered" : "not filtered")}).");
    }
}
