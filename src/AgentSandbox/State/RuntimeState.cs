namespace AgentSandbox.State;

/// <summary>What a supervisor writes about the sandbox that it runs; <c>state.json</c> in the runtime folder. Says nothing once the supervisor's lock is free.</summary>
internal sealed record RuntimeState
{
    /// <summary>Running, Stopped or Failed.</summary>
    public required SandboxState State { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Reason { get; init; }

    /// <summary>Process id of the supervisor.</summary>
    public int SupervisorId { get; init; }

    /// <summary>Host's id of the first process in the sandbox.</summary>
    public int LeaderId { get; init; }

    /// <summary>Process id of what the supervisor started: systemd-nspawn, or the guest itself.</summary>
    public int LauncherId { get; init; }
}
