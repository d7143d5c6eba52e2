namespace AgentSandbox.Isolation;

/// <summary>What one sandbox of a backend costs, measured.</summary>
public sealed record BackendCost
{
    /// <summary>The backend.</summary>
    public required string Backend { get; init; }

    /// <summary>From the call until a command can run: the median of the starts.</summary>
    public required TimeSpan StartTime { get; init; }

    /// <summary>Bytes of memory that the kernel's control group counts for a sandbox in which nothing runs; null where the backend has no such count.</summary>
    public required long? Memory { get; init; }
}
