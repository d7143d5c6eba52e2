namespace AgentSandbox.Backends.Docker.Linux;

/// <summary>Containers of the engine's default runtime, usually runc: namespaces on the engine's own kernel.</summary>
internal sealed class DockerBackend(EngineHost host) : LinuxContainerBackend(host)
{
    internal const string BackendName = "Docker";

    /// <inheritdoc/>
    public override string Name => BackendName;

    /// <inheritdoc/>
    protected override BackendInfo Describe(EngineFacts? facts, (string Reason, string Action, string? ErrorId)? missing) => new()
    {
        Name = Name,
        Available = missing is null,
        Version = facts is null ? null : $"engine {facts.Info.ServerVersion} (API {facts.Ping.ApiVersion})",
        Strength = 25,
        SecurityBoundary = true,
        Isolates = CommonIsolation(facts),
        DoesNotIsolate = [.. Users(facts), .. CommonGaps(facts), "the kernel: a hole in it is a hole in the sandbox"],
        Reason = missing?.Reason,
        RecommendedAction = missing?.Action,
        ErrorId = missing?.ErrorId,
    };

    private static IEnumerable<string> Users(EngineFacts? facts) =>
        facts?.Info.SecurityOptions?.Any(o => o.Contains("name=userns", StringComparison.Ordinal) || o.Contains("name=rootless", StringComparison.Ordinal)) == true
            ? []
            : ["user ids: the engine maps none, so a user in a sandbox has the number of one of the machine (commands have no capability)"];
}
