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

    /// <summary>The limit that binds all of a payload's processes: none as soon as one has none.</summary>
    /// <param name="payload">What the host sees of it.</param>
    /// <param name="limit">Reads one process's.</param>
    /// <returns>The limit.</returns>
    protected static double? Loosest(PayloadView payload, Func<PayloadLimits, double?> limit)
    {
        IReadOnlyList<double?> limits = payload.Each(process => limit(new PayloadLimits(process)));
        return limits.Contains(null) ? null : limits.Max();
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
        Compare(Loosest(context.Payload, limits => limits.Memory), context.Specification.Memory, value => ByteSize.Format((long)value));
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
        Compare(Loosest(context.Payload, limits => limits.Pids), context.Specification.PidLimit, value => value.ToString("0", CultureInfo.InvariantCulture) + " processes");
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
        Compare(Loosest(context.Payload, limits => limits.Cpu), context.Specification.Cpu, value => value.ToString("0.##", CultureInfo.InvariantCulture) + " CPUs");
}
