using AgentSandbox.Isolation.Canaries;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a file of the host can be written. What arrives in it, the host reads.</summary>
internal sealed class HostWriteProbe : GuestProbe
{
    private readonly string _hostToken = HostCanaries.NewSecret();
    private readonly string _sandboxToken = HostCanaries.NewSecret();

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "fs.host-write",
        IsolationCategory.FileSystem,
        IsolationSeverity.Critical,
        "Can the sandbox write a file of the host?",
        "mount_namespaces(7), chroot(2)",
        "-Mount without :rw, or with a narrower source.");

    /// <inheritdoc/>
    protected override bool HostWatches => true;

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.MountOf(context, context.Canaries.Files.WritableFile, writable: true);

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) =>
        onHost ? [context.Canaries.Files.WritableFile, _hostToken, context.Canaries.Files.Folder] : [context.Canaries.Files.WritableFile, _sandboxToken];

    /// <inheritdoc/>
    protected override async Task<(ProbeAnswer Answer, bool Saw)> ObserveAsync(ProbeContext context, Func<Task<ProbeAnswer>> attempt, CancellationToken cancellationToken)
    {
        bool before = context.Canaries.Files.WasWritten(_hostToken);
        ProbeAnswer answer = await attempt();
        return (answer, context.Canaries.Files.WasWritten(before ? _sandboxToken : _hostToken));
    }
}
