using System.Globalization;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>What the probes of limits that the kernel's control groups enforce have in common.</summary>
internal abstract class LimitProbe : HostProbe
{
    /// <summary>Compares with what the specification asked for.</summary>
    /// <param name="limit">What the host's control groups say; null for no limit.</param>
    /// <param name="asked">What was asked for; null or 0 for no limit.</param>
    /// <param name="format">Writes a value.</param>
    /// <returns>The finding.</returns>
    protected static IsolationFinding Compare(double? limit, double? asked, Func<double, string> format)
    {
        if (limit is not { } value)
        {
            return IsolationFinding.Host(true, "No control group of the sandbox's own has a limit.");
        }

        // A little more than asked for is rounding to pages and microseconds.
        bool loose = asked is > 0 && value > asked * 1.01;
        return IsolationFinding.Host(loose, $"The control group's limit is {format(value)}{(loose ? $", more than the {format(asked!.Value)} that were asked for" : "")}.");
    }

    /// <summary>Data of a limit's probe.</summary>
    protected static IsolationProbeInfo Limit(string id, IsolationSeverity severity, string what, string parameter) =>
        new(id, IsolationCategory.Resource, severity, $"Can a payload use as much {what} as the host has?", "cgroups(7)", parameter);
}

/// <summary>Memory.</summary>
internal sealed class MemoryLimitProbe : LimitProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = Limit("res.memory", IsolationSeverity.Medium, "memory", "-Memory 512MB");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => context.Specification.Memory == 0 ? "-Memory 0" : null;

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context) =>
        Compare(new PayloadLimits(context.Payload).Memory, context.Specification.Memory, value => ByteSize.Format((long)value));
}

/// <summary>Processes.</summary>
internal sealed class PidLimitProbe : LimitProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = Limit("res.pids", IsolationSeverity.Medium, "processes", "-PidLimit 256");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => context.Specification.PidLimit == 0 ? "-PidLimit 0" : null;

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context) =>
        Compare(new PayloadLimits(context.Payload).Pids, context.Specification.PidLimit, value => value.ToString("0", CultureInfo.InvariantCulture) + " processes");
}

/// <summary>CPU time.</summary>
internal sealed class CpuLimitProbe : LimitProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = Limit("res.cpu", IsolationSeverity.Medium, "CPU time", "-Cpu 1");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => context.Specification.Cpu == 0 ? "-Cpu 0" : null;

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context) =>
        Compare(new PayloadLimits(context.Payload).Cpu, context.Specification.Cpu, value => value.ToString("0.##", CultureInfo.InvariantCulture) + " CPUs");
}

/// <summary>Disk space of the root file system.</summary>
internal sealed class DiskLimitProbe : LimitProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = Limit("res.disk", IsolationSeverity.Low, "disk space", "-DiskLimit 1GB") with { Reference = "statvfs(3)" };

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => context.Specification.DiskLimit == 0 ? "-DiskLimit 0" : null;

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context)
    {
        try
        {
            // Only the size of the file system at the payload's root is asked for; no path below it is followed.
            var drive = new DriveInfo(context.Payload.Folder + "/root");
            long size = drive.TotalSize;
            long? asked = context.Specification.DiskLimit;
            bool limited = asked > 0 ? size <= asked * 1.05 : size < new DriveInfo(context.Canaries.Files.Folder).TotalSize;
            return IsolationFinding.Host(!limited, $"The root file system has {ByteSize.Format(size)} in all{(limited ? "" : ", which no limit of the sandbox's own explains")}.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProbeFailedException($"The host can't measure the payload's root: {error.Message}", error);
        }
    }
}
