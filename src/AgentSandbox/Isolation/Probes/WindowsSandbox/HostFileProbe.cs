using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.Isolation.Probes.WindowsSandbox;

/// <summary>Whether a file of the host that no mapped folder shows can be read at its path.</summary>
internal sealed class HostFileProbe : InstanceProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsb.host-path",
        IsolationCategory.FileSystem,
        IsolationSeverity.High,
        "Can Windows Sandbox read a file of the host at its path?",
        "Windows Sandbox configuration: MappedFolders",
        "Narrower -Mount sources.");

    /// <inheritdoc/>
    public override string? DeclaredBy(InstanceContext context)
    {
        SandboxMount? mount = context.Specification.Mounts.FirstOrDefault(mount => context.Canaries.Files.SecretFile.StartsWith(mount.Source.TrimEnd('\\', '/') + Path.DirectorySeparatorChar, StringComparison.OrdinalIgnoreCase));
        return mount is null ? null : $"-Mount {mount}";
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(InstanceContext context, bool onHost) => [context.Canaries.Files.SecretFile];

    /// <inheritdoc/>
    protected override string Secret(InstanceContext context) => context.Canaries.Files.Secret;
}
