using System.Globalization;

namespace AgentSandbox.Isolation.Observation;

/// <summary>The limits that bind a process, read from the control groups that hold it and not this process: a limit on the whole host is none of the sandbox's.</summary>
internal sealed class PayloadLimits
{
    private const long Unlimited = 1L << 60; // Version 1 writes "no limit" as a page-aligned number near 2^63.

    private readonly PayloadProcess _payload;

    /// <summary>Takes a process.</summary>
    /// <param name="payload">The process.</param>
    public PayloadLimits(PayloadProcess payload)
    {
        _payload = payload;
    }

    /// <summary>Bytes of memory, or null for no limit.</summary>
    public double? Memory => Smallest("memory", folder => Number(folder, "memory.max") ?? Number(folder, "memory.limit_in_bytes"));

    /// <summary>Processes, or null for no limit.</summary>
    public double? Pids => Smallest("pids", folder => Number(folder, "pids.max"));

    /// <summary>CPUs, or null for no limit.</summary>
    public double? Cpu => Smallest("cpu", folder => Quota(folder));

    private static double? Quota(string folder)
    {
        string[]? both = Read(folder, "cpu.max")?.Split(' ');
        string? quota = both?[0] ?? Read(folder, "cpu.cfs_quota_us");
        string? period = both?[1] ?? Read(folder, "cpu.cfs_period_us");
        return quota is null or "max" || period is null || quota.StartsWith('-')
            ? null
            : double.Parse(quota, CultureInfo.InvariantCulture) / double.Parse(period, CultureInfo.InvariantCulture);
    }

    private static double? Number(string folder, string file) =>
        long.TryParse(Read(folder, file), NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value < Unlimited ? value : null;

    private static string? Read(string folder, string file)
    {
        string path = Path.Combine(folder, file);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : null;
    }

    private double? Smallest(string controller, Func<string, double?> read)
    {
        double? smallest = null;
        foreach (ControlGroupMount mount in ControlGroupMount.All())
        {
            string? its = mount.Folder(controller, _payload.ReadLines("cgroup"));
            string? ours = mount.Folder(controller, File.ReadAllLines("/proc/self/cgroup"));
            for (string? folder = its; folder is not null && folder.Length > mount.Point.Length && !Holds(folder, ours); folder = Path.GetDirectoryName(folder))
            {
                smallest = (smallest, read(folder)) switch
                {
                    (null, var one) => one,
                    (var one, null) => one,
                    var (one, two) => Math.Min(one.Value, two.Value),
                };
            }
        }

        return smallest;
    }

    private static bool Holds(string folder, string? other) => other is not null && (other + "/").StartsWith(folder + "/", StringComparison.Ordinal);
}
