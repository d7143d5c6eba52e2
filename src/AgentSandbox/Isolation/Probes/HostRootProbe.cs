namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload is the host's root.</summary>
internal sealed class HostRootProbe : HostProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "priv.host-root",
        IsolationCategory.Privilege,
        IsolationSeverity.High,
        "Does a payload run as the host's root?",
        "user_namespaces(7), proc_pid_status(5)",
        "-Backend Nspawn, which has a user namespace; on chroot no -User root.");

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context)
    {
        string[] ids = [.. context.Payload.Each(process => process.Status("Uid")).SelectMany(line => line.Split('\t', StringSplitOptions.RemoveEmptyEntries)).Distinct()];
        return IsolationFinding.Host(ids.Contains("0"), $"On the host the user ids of {context.Payload.Name} are {string.Join(", ", ids)}.");
    }
}
