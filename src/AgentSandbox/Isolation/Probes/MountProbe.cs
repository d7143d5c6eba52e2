namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can mount. What it mounts is memory, in mounts of its own where it may have them, and gone at once.</summary>
internal sealed class MountProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "fs.mount",
        IsolationCategory.FileSystem,
        IsolationSeverity.High,
        "Can the sandbox mount file systems?",
        "mount(2), mount_namespaces(7)",
        "-Backend Nspawn, whose system call filter refuses it.");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => [onHost ? context.Canaries.Files.Folder : "", "", "tmpfs|none|size=64k"];
}
