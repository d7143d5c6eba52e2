namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether set-user-id programs raise a payload's rights.</summary>
internal sealed class NoNewPrivilegesProbe : HostProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "priv.nnp",
        IsolationCategory.Privilege,
        IsolationSeverity.Medium,
        "Can a payload gain rights through set-user-id programs?",
        "PR_SET_NO_NEW_PRIVS(2const), proc_pid_status(5)",
        "The default; on chroot no -User root.");

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context)
    {
        string[] values = [.. context.Payload.Each(process => process.Status("NoNewPrivs")).Distinct()];
        return IsolationFinding.Host(values is not ["1"], $"NoNewPrivs of {context.Payload.Name} is {string.Join(" and ", values)}.");
    }
}
