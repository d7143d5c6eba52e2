namespace AgentSandbox;

/// <summary>How it stands with a background process.</summary>
public enum SandboxProcessState
{
    /// <summary>It runs.</summary>
    Running,

    /// <summary>It ended by itself, or ran into its time-out.</summary>
    Exited,

    /// <summary>It was ended because somebody asked for that.</summary>
    Stopped,

    /// <summary>How it ended is not known: the sandbox, or what held the process, ended before it. It does not run any more.</summary>
    Lost,
}

/// <summary>A command that runs in a sandbox, or did, whatever became of the program that started it. A snapshot.</summary>
public sealed record SandboxProcess
{
    /// <summary>Its number in its sandbox, from 1 on; never used twice while the sandbox lives.</summary>
    public required int Id { get; init; }

    /// <summary>Name of its sandbox.</summary>
    public required string SandboxName { get; init; }

    /// <summary>Id of its sandbox.</summary>
    public required string SandboxId { get; init; }

    /// <summary>What was started, for people.</summary>
    public required string Command { get; init; }

    /// <summary>How it stands with it.</summary>
    public required SandboxProcessState State { get; init; }

    /// <summary>Exit code; 128+n when signal n ended it, 124 when it ran into its time-out. Null while it runs, and when it is lost.</summary>
    public int? ExitCode { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>When it ended; null while it runs, and when nobody saw its end.</summary>
    public DateTimeOffset? ExitTime { get; init; }

    /// <summary>Why it is lost, or what is missing of its output; null when there is nothing to say.</summary>
    public string? Reason { get; init; }
}
