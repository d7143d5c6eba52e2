namespace AgentSandbox;

/// <summary>How far a copy is.</summary>
/// <param name="Entries">Files, folders and links done.</param>
/// <param name="Bytes">Bytes done.</param>
/// <param name="TotalBytes">Bytes in all; null when the other side does not say.</param>
/// <param name="CurrentPath">What is being copied, relative to the source.</param>
public sealed record CopyProgress(long Entries, long Bytes, long? TotalBytes, string CurrentPath);

/// <summary>What a copy did.</summary>
public sealed record CopyResult
{
    /// <summary>Source as given.</summary>
    public required string Source { get; init; }

    /// <summary>Where it went.</summary>
    public required string Destination { get; init; }

    /// <summary>Files, folders and links copied.</summary>
    public required long Entries { get; init; }

    /// <summary>Bytes of file content copied.</summary>
    public required long Bytes { get; init; }

    /// <summary>What was left out and why, such as a device or a link that would leave the destination; one line each.</summary>
    public IReadOnlyList<string> Skipped { get; init; } = [];
}
