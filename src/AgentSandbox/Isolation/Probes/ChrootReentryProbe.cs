namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether the classic walk out of chroot(2) works.</summary>
internal sealed class ChrootReentryProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "fs.chroot-reentry",
        IsolationCategory.FileSystem,
        IsolationSeverity.Critical,
        "Does a second chroot lead out of the first?",
        "chroot(2)",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) =>
        onHost ? [context.Canaries.Files.SecretFile, context.Canaries.Files.Folder] : [context.Canaries.Files.SecretFile];

    /// <inheritdoc/>
    protected override string Secret(ProbeContext context) => context.Canaries.Files.Secret;
}
