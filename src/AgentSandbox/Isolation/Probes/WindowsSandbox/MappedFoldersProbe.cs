using AgentSandbox.Isolation.Canaries;
using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.Isolation.Probes.WindowsSandbox;

/// <summary>
/// Whether the instance sees other folders of the host than it was to see, or can write where it may only read. It is given one folder more than its specification says, a
/// canary, for the second half.
/// </summary>
internal sealed class MappedFoldersProbe : InstanceProbe
{
    private const string Own = @"C:\agentsandbox\";

    private readonly string _onHost = HostCanaries.NewSecret();
    private readonly string _inSandbox = HostCanaries.NewSecret();

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsb.mapped-folders",
        IsolationCategory.FileSystem,
        IsolationSeverity.Critical,
        "Does Windows Sandbox see other folders of the host than it was given, or write to read-only ones?",
        "Windows Sandbox configuration: MappedFolders",
        "-Mount without :rw, or with a narrower source.");

    /// <inheritdoc/>
    protected override bool HostWatches => true;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(InstanceContext context, bool onHost) =>
        onHost ? [context.Canaries.SharedFolder, _onHost] : [WindowsCanaries.SharedInside, _inSandbox];

    /// <inheritdoc/>
    protected override async Task<(ProbeAnswer Answer, bool Saw)> ObserveAsync(InstanceContext context, Func<Task<ProbeAnswer>> attempt, CancellationToken cancellationToken)
    {
        bool before = context.Canaries.WasWritten(_onHost);
        ProbeAnswer answer = await attempt();
        bool saw = context.Canaries.WasWritten(before ? _inSandbox : _onHost);

        // The folder is mapped when its content is seen; else "can't be written" says nothing.
        return (answer with { SelfTest = answer.SelfTest && answer.Nonce == context.Canaries.SharedSecret }, saw);
    }

    /// <inheritdoc/>
    protected override string? AskedOpen(RequestedConfiguration configuration, InstanceContext context)
    {
        List<RequestedFolder> left = [.. configuration.Folders];
        foreach (SandboxMount mount in context.Specification.Mounts)
        {
            left.RemoveAll(folder => Same(folder.Host, mount.Source) && Same(folder.Sandbox, mount.Target) && folder.ReadOnly == mount.ReadOnly);
        }

        left.RemoveAll(folder => IsOurs(folder, context));
        return left.Count == 0 ? null : $"mapped folders that neither the specification nor this product asks for, {string.Join(", ", left.Select(folder => $"{folder.Host} at {folder.Sandbox}{(folder.ReadOnly ? "" : ", writable")}"))}";
    }

    /// <inheritdoc/>
    protected override string? AskedClosed(RequestedConfiguration configuration) => $"{configuration.Folders.Count} mapped folders, those of the specification and our own, all but what was asked for read-only";

    private static bool IsOurs(RequestedFolder folder, InstanceContext context) =>
        (Same(folder.Sandbox, Own + "program") || Same(folder.Sandbox, Own + "down") ? folder.ReadOnly : Same(folder.Sandbox, Own + "up"))
        && Path.GetFullPath(folder.Host).StartsWith(Path.GetFullPath(context.StateFolder) + Path.DirectorySeparatorChar, StringComparison.OrdinalIgnoreCase);

    private static bool Same(string one, string other) => string.Equals(one.TrimEnd('\\'), other.TrimEnd('\\'), StringComparison.OrdinalIgnoreCase);
}
