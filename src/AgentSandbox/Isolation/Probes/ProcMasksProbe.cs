namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether files of /proc that tell of the whole kernel, and that container runtimes therefore cover, have something to say to a payload.</summary>
internal sealed class ProcMasksProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.proc-masks",
        IsolationCategory.Kernel,
        IsolationSeverity.Medium,
        "Does the sandbox see the kernel's keys and timers in /proc?",
        "proc(5), keyrings(7), OCI runtime specification (maskedPaths)",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    /// <remarks>Who is allowed keyrings has one of his own, and sees that in the list of keys.</remarks>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) =>
        context.Specification.Allows(SandboxAllowance.Keyring) ? ["/proc/timer_list"] : ["/proc/keys", "/proc/timer_list"];
}
