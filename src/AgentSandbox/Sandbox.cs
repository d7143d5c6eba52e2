namespace AgentSandbox;

/// <summary>A sandbox as it was when it was looked at. One type for all backends.</summary>
public sealed record Sandbox
{
    /// <summary>Name, unique on this machine.</summary>
    public required string Name { get; init; }

    /// <summary>12 hexadecimal digits, never used twice.</summary>
    public required string Id { get; init; }

    /// <summary>Name of the backend, never <c>Auto</c>.</summary>
    public required string Backend { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required SandboxState State { get; init; }

    /// <summary>Why it is <see cref="SandboxState.Failed"/>, else null.</summary>
    public string? StateReason { get; init; }

    /// <summary>Name of the image.</summary>
    public required string Image { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it will be removed, null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>The network it has.</summary>
    public required NetworkMode Network { get; init; }

    /// <summary>The limits in force.</summary>
    public required SandboxLimits Limits { get; init; }

    /// <summary>The mounts it has.</summary>
    public required IReadOnlyList<SandboxMount> Mounts { get; init; }

    /// <summary>Process id, on the host, of the first process in the sandbox; null when it does not run.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Bytes of memory in use, as the kernel's control group counts them; null when it does not run or there is no control group.</summary>
    public long? MemoryUsage { get; init; }

    /// <summary>CPU time used since the last start; null as above.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>Processes in it, the guest program's included; null as above.</summary>
    public int? ProcessCount { get; init; }

    /// <summary>What it was made from, with the defaults filled in.</summary>
    public required SandboxSpecification Specification { get; init; }

    /// <summary>What its user should know, such as that its backend is no security boundary.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => Name;
}
