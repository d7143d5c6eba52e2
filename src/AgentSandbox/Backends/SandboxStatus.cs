namespace AgentSandbox.Backends;

/// <summary>A sandbox's state and use of resources at one moment.</summary>
/// <param name="State">Its state.</param>
/// <param name="Reason">Why, when it failed.</param>
/// <param name="ProcessId">Host's id of its first process.</param>
/// <param name="MemoryUsage">Bytes.</param>
/// <param name="CpuTime">Since the last start.</param>
/// <param name="ProcessCount">Processes in it.</param>
/// <param name="NeedsRecovery">It failed in a way that may have left processes: <see cref="Linux.Local.ILocalBackend.Recover"/> is due.</param>
internal sealed record SandboxStatus(SandboxState State, string? Reason = null, int? ProcessId = null, long? MemoryUsage = null, TimeSpan? CpuTime = null, int? ProcessCount = null, bool NeedsRecovery = false);
