using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload finds programs that give it another user's rights, and may use them: not under no_new_privs, and not on a nosuid mount.</summary>
internal sealed class SetUserIdProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "priv.setuid-files",
        IsolationCategory.Privilege,
        IsolationSeverity.Medium,
        "Are there set-user-id programs by which a payload gains rights?",
        "execve(2), inode(7), PR_SET_NO_NEW_PRIVS(2const)",
        "The default; on chroot no -User root.");

    /// <inheritdoc/>
    /// <remarks>The control on the host looks for the canary's file, not for the host's own.</remarks>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => onHost ? [context.Canaries.Files.PlantSetUserId()] : [];

    /// <inheritdoc/>
    protected override IsolationFinding? HostDecides(ProbeContext context)
    {
        PayloadView payload = context.Payload;
        return payload.Each(process => process.Status("NoNewPrivs")).All(value => value == "1")
            ? IsolationFinding.Host(false, $"NoNewPrivs of {payload.Name} is 1: no program's set-user-id bit, set-group-id bit or capabilities are in force.")
            : null;
    }
}
