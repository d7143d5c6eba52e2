namespace AgentSandbox.Backends.Docker.Engine.Model;

/// <summary>Body of <c>POST /containers/create</c>. Names and units are the API's (PascalCase); null is left out.</summary>
internal sealed record ContainerCreate
{
    public required string Image { get; init; }
    public string? Hostname { get; init; }
    public string? User { get; init; }
    public IReadOnlyList<string>? Entrypoint { get; init; }
    public IReadOnlyList<string>? Cmd { get; init; }
    public IReadOnlyList<string>? Env { get; init; }
    public string? WorkingDir { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
    public IReadOnlyDictionary<string, EmptyObject>? Volumes { get; init; }
    public Healthcheck? Healthcheck { get; init; }
    public bool AttachStdin { get; init; }
    public bool AttachStdout { get; init; }
    public bool AttachStderr { get; init; }
    public bool OpenStdin { get; init; }
    public bool StdinOnce { get; init; }
    public bool Tty { get; init; }
    public bool? NetworkDisabled { get; init; }
    public string? StopSignal { get; init; }
    public int? StopTimeout { get; init; }
    public required HostConfig HostConfig { get; init; }
}

/// <summary>An object with nothing in it, as <c>Volumes</c> wants for its values.</summary>
internal sealed record EmptyObject;

/// <summary><c>Healthcheck</c>; <c>["NONE"]</c> switches off the image's.</summary>
internal sealed record Healthcheck
{
    public required IReadOnlyList<string> Test { get; init; }
}

/// <summary><c>HostConfig</c>.</summary>
internal sealed record HostConfig
{
    public string? Runtime { get; init; }
    public string? Isolation { get; init; }
    public string? NetworkMode { get; init; }
    public string? IpcMode { get; init; }
    public string? CgroupnsMode { get; init; }
    public IReadOnlyList<string>? CapDrop { get; init; }
    public IReadOnlyList<string>? CapAdd { get; init; }
    public IReadOnlyList<string>? SecurityOpt { get; init; }
    public bool? ReadonlyRootfs { get; init; }
    public IReadOnlyDictionary<string, string>? Tmpfs { get; init; }
    public IReadOnlyList<DeviceMapping>? Devices { get; init; }
    public IReadOnlyList<Mount>? Mounts { get; init; }
    public long? Memory { get; init; }
    public long? MemorySwap { get; init; }
    public long? NanoCpus { get; init; }
    public long? PidsLimit { get; init; }
    public long? ShmSize { get; init; }
    public IReadOnlyDictionary<string, string>? StorageOpt { get; init; }
    public IReadOnlyList<Ulimit>? Ulimits { get; init; }
    public LogConfig? LogConfig { get; init; }
    public bool? AutoRemove { get; init; }
    public bool? Init { get; init; }
    public RestartPolicy? RestartPolicy { get; init; }
}

/// <summary><c>Mounts</c>: type bind, volume or tmpfs.</summary>
internal sealed record Mount
{
    public required string Type { get; init; }
    public string? Source { get; init; }
    public required string Target { get; init; }
    public bool ReadOnly { get; init; }
    public BindOptions? BindOptions { get; init; }
}

/// <summary><c>BindOptions</c>.</summary>
internal sealed record BindOptions
{
    public string? Propagation { get; init; }
    public bool? NonRecursive { get; init; }
}

/// <summary><c>Ulimits</c>.</summary>
internal sealed record Ulimit
{
    public required string Name { get; init; }
    public long Soft { get; init; }
    public long Hard { get; init; }
}

/// <summary><c>LogConfig</c>.</summary>
internal sealed record LogConfig
{
    public required string Type { get; init; }
}

/// <summary><c>RestartPolicy</c>.</summary>
internal sealed record RestartPolicy
{
    public required string Name { get; init; }
}

/// <summary>An element of <c>HostConfig.Devices</c>: a device of the machine in a container.</summary>
internal sealed record DeviceMapping
{
    public required string PathOnHost { get; init; }
    public required string PathInContainer { get; init; }

    /// <summary>Letters of r (read), w (write) and m (make its node).</summary>
    public required string CgroupPermissions { get; init; }
}

/// <summary>Answer to a create.</summary>
internal sealed record ContainerCreated
{
    public required string Id { get; init; }
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <summary>Answer of <c>GET /containers/{id}/json</c>, as far as it is used.</summary>
internal sealed record ContainerInspect
{
    public required string Id { get; init; }
    public string? Name { get; init; }
    public string? Image { get; init; }
    public DateTimeOffset? Created { get; init; }
    public ContainerState? State { get; init; }
    public ContainerInspectConfig? Config { get; init; }
    public HostConfig? HostConfig { get; init; }
    public IReadOnlyList<MountPoint>? Mounts { get; init; }
}

/// <summary>An element of <c>Mounts</c> of a container that exists.</summary>
internal sealed record MountPoint
{
    /// <summary>bind, volume or tmpfs.</summary>
    public string? Type { get; init; }
    public string? Destination { get; init; }
}

/// <summary><c>State</c>.</summary>
internal sealed record ContainerState
{
    /// <summary>created, running, paused, restarting, removing, exited or dead.</summary>
    public string? Status { get; init; }
    public bool Running { get; init; }
    public bool OOMKilled { get; init; }
    public int Pid { get; init; }
    public long ExitCode { get; init; }
    public string? Error { get; init; }
    public string? StartedAt { get; init; }
    public string? FinishedAt { get; init; }
}

/// <summary><c>Config</c>.</summary>
internal sealed record ContainerInspectConfig
{
    public string? Image { get; init; }
    public string? User { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

/// <summary>An element of <c>GET /containers/json</c>.</summary>
internal sealed record ContainerSummary
{
    public required string Id { get; init; }
    public IReadOnlyList<string>? Names { get; init; }
    public string? Image { get; init; }
    public string? ImageID { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public long Created { get; init; }
    public string? State { get; init; }
    public string? Status { get; init; }
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

/// <summary>Body of <c>POST /containers/{id}/exec</c>.</summary>
internal sealed record ExecCreate
{
    public required IReadOnlyList<string> Cmd { get; init; }
    public string? User { get; init; }
    public IReadOnlyList<string>? Env { get; init; }
    public string? WorkingDir { get; init; }
    public bool AttachStdin { get; init; }
    public bool AttachStdout { get; init; } = true;
    public bool AttachStderr { get; init; } = true;
    public bool Tty { get; init; }
}

/// <summary>Answer of <c>GET /exec/{id}/json</c>.</summary>
internal sealed record ExecInspect
{
    public required string ID { get; init; }
    public bool Running { get; init; }

    /// <summary>Exit code; 32 bits without a sign on Windows.</summary>
    public long? ExitCode { get; init; }

    /// <summary>Process id; the host's on Linux, the container's on Windows.</summary>
    public int Pid { get; init; }
}

/// <summary>Answer of <c>GET /containers/{id}/stats</c>, as far as it is used (its names are snake case).</summary>
internal sealed record ContainerStats
{
    /// <summary>Bytes in use.</summary>
    public long? MemoryUsage { get; init; }

    /// <summary>CPU time used.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>Processes and threads.</summary>
    public int? Pids { get; init; }
}
