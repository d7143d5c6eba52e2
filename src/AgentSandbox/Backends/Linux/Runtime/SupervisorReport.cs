namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>What a supervisor says to the process that started it, once, as one line of JSON: that commands can run, or why not.</summary>
internal sealed record SupervisorReport
{
    /// <summary>One of <see cref="SandboxErrorId"/>; null when commands can run.</summary>
    public string? ErrorId { get; init; }

    /// <summary>What happened.</summary>
    public string? Message { get; init; }

    /// <summary>What to do.</summary>
    public string? RecommendedAction { get; init; }
}
