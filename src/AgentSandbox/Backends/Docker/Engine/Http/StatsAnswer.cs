using System.Text.Json.Serialization;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Engine.Http;

/// <summary>Answer of <c>GET /containers/{id}/stats</c>; its names are snake case.</summary>
internal sealed record StatsAnswer
{
    [JsonPropertyName("memory_stats")]
    public MemoryStats? Memory { get; init; }

    [JsonPropertyName("cpu_stats")]
    public CpuStats? Cpu { get; init; }

    [JsonPropertyName("pids_stats")]
    public PidsStats? Pids { get; init; }

    /// <summary>Processes in a Windows container.</summary>
    [JsonPropertyName("num_procs")]
    public ulong NumProcs { get; init; }

    /// <summary>The use of resources.</summary>
    /// <param name="osType">What the engine's containers are: Windows counts otherwise.</param>
    /// <returns>It; null when the container does not run, which is answered with zeros.</returns>
    public ContainerStats? ToStats(string osType)
    {
        ulong cpu = Cpu?.Usage?.Total ?? 0;
        if (osType == "windows")
        {
            return cpu == 0 && NumProcs == 0
                ? null
                // CPU time is in 100 ns, a TimeSpan's tick; the private working set is what "docker stats" shows.
                : new() { CpuTime = TimeSpan.FromTicks(Signed(cpu)), MemoryUsage = Memory?.PrivateWorkingSet is { } set ? Signed(set) : null, Pids = Count(NumProcs) };
        }

        return cpu == 0 && Memory?.Usage is null or 0 && Pids?.Current is null or 0
            ? null
            : new()
            {
                CpuTime = Cpu?.Usage is null ? null : TimeSpan.FromTicks(Signed(cpu / 100)),
                MemoryUsage = Memory?.Usage is { } usage ? Signed(usage - Reclaimable(usage)) : null,
                Pids = Pids?.Current is { } pids ? Count(pids) : null,
            };
    }

    // Page cache that the kernel takes back first is no use of the container's: "docker stats" subtracts it (docker/cli, calculateMemUsageUnixNoCache),
    // under control groups v1 and v2 by these names.
    private ulong Reclaimable(ulong usage)
    {
        ulong cache = Memory?.Stats?.TotalInactiveFile is { } v1 && v1 < usage ? v1 : Memory?.Stats?.InactiveFile ?? 0;
        return cache < usage ? cache : 0;
    }

    private static long Signed(ulong value) => (long)Math.Min(value, long.MaxValue);

    private static int Count(ulong value) => (int)Math.Min(value, int.MaxValue);
}

/// <summary><c>memory_stats</c>: bytes.</summary>
internal sealed record MemoryStats
{
    [JsonPropertyName("usage")]
    public ulong? Usage { get; init; }

    [JsonPropertyName("privateworkingset")]
    public ulong? PrivateWorkingSet { get; init; }

    [JsonPropertyName("stats")]
    public MemoryDetail? Stats { get; init; }
}

/// <summary><c>memory_stats.stats</c>: the control group's memory.stat.</summary>
internal sealed record MemoryDetail
{
    [JsonPropertyName("total_inactive_file")]
    public ulong? TotalInactiveFile { get; init; }

    [JsonPropertyName("inactive_file")]
    public ulong? InactiveFile { get; init; }
}

/// <summary><c>cpu_stats</c>.</summary>
internal sealed record CpuStats
{
    [JsonPropertyName("cpu_usage")]
    public CpuUsage? Usage { get; init; }
}

/// <summary><c>cpu_usage</c>.</summary>
internal sealed record CpuUsage
{
    /// <summary>Nanoseconds; on Windows 100 of them.</summary>
    [JsonPropertyName("total_usage")]
    public ulong Total { get; init; }
}

/// <summary><c>pids_stats</c>.</summary>
internal sealed record PidsStats
{
    [JsonPropertyName("current")]
    public ulong? Current { get; init; }
}
