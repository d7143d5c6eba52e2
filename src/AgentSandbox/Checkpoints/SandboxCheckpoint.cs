namespace AgentSandbox;

/// <summary>A named snapshot of a sandbox's own files, kept with the sandbox and removed with it.</summary>
public sealed record SandboxCheckpoint
{
    /// <summary>Its name, unique among those of its sandbox without regard to case.</summary>
    public required string Name { get; init; }

    /// <summary>Name of the sandbox that it is of.</summary>
    public required string SandboxName { get; init; }

    /// <summary>Id of that sandbox.</summary>
    public required string SandboxId { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Bytes of the disk that it takes. Where the file system shares blocks (btrfs, xfs), shared ones are counted too.</summary>
    public required long Size { get; init; }

    /// <summary>The sandbox ran meanwhile: its processes were held for that moment, and what they had not written yet is not in it.</summary>
    public bool WasRunning { get; init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
