namespace AgentSandbox;

/// <summary>What <c>Get-SandboxBackend</c> says about a backend.</summary>
public sealed record BackendInfo
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>It can make sandboxes here and now.</summary>
    public required bool Available { get; init; }

    /// <summary>It is the one that <c>Auto</c> takes here and now.</summary>
    public bool Default { get; init; }

    /// <summary>Version of what it rests on, such as <c>systemd 252</c>; null when it is not there.</summary>
    public string? Version { get; init; }

    /// <summary>How strong it is against the others; the higher, the stronger.</summary>
    public required int Strength { get; init; }

    /// <summary>True when it is meant to hold hostile code.</summary>
    public required bool SecurityBoundary { get; init; }

    /// <summary>What it isolates.</summary>
    public required IReadOnlyList<string> Isolates { get; init; }

    /// <summary>What it does not isolate.</summary>
    public required IReadOnlyList<string> DoesNotIsolate { get; init; }

    /// <summary>Why it is not available, else null.</summary>
    public string? Reason { get; init; }

    /// <summary>Id of the error that asking for it gives, where that is not <see cref="SandboxErrorId.BackendNotAvailable"/>.</summary>
    internal string? ErrorId { get; init; }

    /// <summary>What to do so that it becomes available, else null.</summary>
    public string? RecommendedAction { get; init; }
}
