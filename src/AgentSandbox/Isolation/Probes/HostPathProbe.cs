namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a file of the host that nobody mounted can be read at its path.</summary>
internal sealed class HostPathProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "fs.host-path",
        IsolationCategory.FileSystem,
        IsolationSeverity.High,
        "Can the sandbox read a file of the host at its path?",
        "mount_namespaces(7), pivot_root(2), chroot(2)",
        "Narrower -Mount sources.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.MountOf(context, context.Canaries.Files.SecretFile, writable: false);

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => [context.Canaries.Files.SecretFile];

    /// <inheritdoc/>
    protected override string Secret(ProbeContext context) => context.Canaries.Files.Secret;
}
