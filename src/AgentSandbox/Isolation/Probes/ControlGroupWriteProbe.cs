namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can change its limits, or name the program that the host runs when a control group empties. Files are opened and never written.</summary>
internal sealed class ControlGroupWriteProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "res.cgroup-write",
        IsolationCategory.Resource,
        IsolationSeverity.High,
        "Can the sandbox write to the control groups?",
        "cgroups(7), CVE-2022-0492",
        "-Backend Nspawn without -Allow ControlGroups; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.Allowed(context, SandboxAllowance.ControlGroups);
}
