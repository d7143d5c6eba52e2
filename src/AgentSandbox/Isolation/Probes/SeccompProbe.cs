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
        string mode = context.Payload.Status("Seccomp");
        return IsolationFinding.Host(mode != "2", $"Seccomp of the payload is {mode} ({(mode == "2" ? "filtered" : "not filtered")}).");
    }
}
