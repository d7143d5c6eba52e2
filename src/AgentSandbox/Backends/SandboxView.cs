namespace AgentSandbox.Backends;

/// <summary>Puts what a provider knows about a sandbox into the one object that users see.</summary>
internal static class SandboxView
{
    /// <summary>Makes the object.</summary>
    public static Sandbox Of(string id, string name, DateTimeOffset created, DateTimeOffset? expires, SandboxSpecification specification, IReadOnlyList<string> warnings, SandboxStatus status) => new()
    {
        Name = name,
        Id = id,
        Backend = specification.Backend,
        State = status.State,
        StateReason = status.Reason,
        Image = specification.Image,
        Created = created,
        Expires = expires,
        Network = specification.Network ?? NetworkMode.None,
        Limits = new SandboxLimits
        {
            Memory = specification.Memory ?? 0,
            Cpu = specification.Cpu ?? 0,
            Pids = specification.PidLimit ?? 0,
            Disk = specification.DiskLimit ?? 0,
        },
        Mounts = specification.Mounts,
        ProcessId = status.ProcessId,
        MemoryUsage = status.MemoryUsage,
        CpuTime = status.CpuTime,
        ProcessCount = status.ProcessCount,
        Specification = specification,
        Warnings = warnings,
    };
}
