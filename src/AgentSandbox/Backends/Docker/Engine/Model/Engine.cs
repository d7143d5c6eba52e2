namespace AgentSandbox.Backends.Docker.Engine.Model;

/// <summary>What <c>/_ping</c> says.</summary>
/// <param name="ApiVersion">The API version that is spoken from now on: the smaller of ours and the engine's.</param>
/// <param name="OSType"><c>linux</c> or <c>windows</c>: what its containers are.</param>
/// <param name="IsPodman">It is Podman behind Docker's API, which it does not follow everywhere.</param>
internal sealed record EnginePing(Version ApiVersion, string OSType, bool IsPodman = false);

/// <summary>Answer of <c>GET /info</c>, as far as it is used.</summary>
internal sealed record EngineInfo
{
    public string? ID { get; init; }
    public string? Name { get; init; }
    public string? ServerVersion { get; init; }
    public string? OSType { get; init; }
    public string? OperatingSystem { get; init; }
    public string? OSVersion { get; init; }
    public string? Architecture { get; init; }
    public string? KernelVersion { get; init; }
    public string? Isolation { get; init; }
    public string? Driver { get; init; }
    public IReadOnlyList<IReadOnlyList<string>>? DriverStatus { get; init; }
    public IReadOnlyDictionary<string, EngineRuntime>? Runtimes { get; init; }
    public string? DefaultRuntime { get; init; }
    public IReadOnlyList<string>? SecurityOptions { get; init; }
    public string? CgroupVersion { get; init; }
    public bool MemoryLimit { get; init; }
    public bool SwapLimit { get; init; }
    public bool PidsLimit { get; init; }
    public bool CpuCfsQuota { get; init; }
    public long NCPU { get; init; }
    public long MemTotal { get; init; }
}

/// <summary>An element of <c>Runtimes</c>.</summary>
internal sealed record EngineRuntime
{
    [System.Text.Json.Serialization.JsonPropertyName("path")]
    public string? Path { get; init; }

    [System.Text.Json.Serialization.JsonPropertyName("runtimeArgs")]
    public IReadOnlyList<string>? RuntimeArgs { get; init; }
}

/// <summary>Answer of <c>GET /images/{name}/json</c>, as far as it is used.</summary>
internal sealed record ImageInspect
{
    public required string Id { get; init; }

    /// <summary>Id of the image that it was committed on; empty when it was pulled or imported.</summary>
    public string? Parent { get; init; }
    public IReadOnlyList<string>? RepoTags { get; init; }
    public string? Os { get; init; }
    public string? OsVersion { get; init; }
    public string? Architecture { get; init; }
    public long Size { get; init; }
    public ImageConfig? Config { get; init; }
}

/// <summary><c>Config</c> of an image.</summary>
internal sealed record ImageConfig
{
    public string? User { get; init; }
    public IReadOnlyList<string>? Env { get; init; }
    public string? WorkingDir { get; init; }
    public IReadOnlyDictionary<string, EmptyObject>? Volumes { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

/// <summary>An element of <c>GET /images/json</c>.</summary>
internal sealed record ImageSummary
{
    public required string Id { get; init; }
    public IReadOnlyList<string>? RepoTags { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public long Created { get; init; }
    public long Size { get; init; }
}
