namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>What a keeper says to the process that started it, one line of JSON each: how far it is, and last that commands can run, or why not.</summary>
internal sealed record KeeperReport
{
    /// <summary>What is being waited for; null in the last report.</summary>
    public string? Progress { get; init; }

    /// <summary>One of <see cref="SandboxErrorId"/>; null in a last report says that commands can run.</summary>
    public string? ErrorId { get; init; }

    /// <summary>What happened.</summary>
    public string? Message { get; init; }

    /// <summary>What to do.</summary>
    public string? RecommendedAction { get; init; }
}
