using System.Globalization;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Backends.Linux.ControlGroups;

namespace AgentSandbox.Backends.Docker;

/// <summary>
/// What a container uses, read from its control groups where its engine is on this machine. The engine tells the same, but most versions answer only
/// when they count next, up to a second later; a look at a sandbox comes before every command that names it.
/// </summary>
internal static class LocalUsage
{
    private static readonly Lazy<ControlGroupHierarchy> s_hierarchy = new(ControlGroupHierarchy.Detect);

    /// <summary>Reads the use of resources.</summary>
    /// <param name="containerId">The container's full id, which is in the names of its groups, whatever made them.</param>
    /// <param name="processId">Its first process, as its engine counts.</param>
    /// <returns>The use; null when the process is not this machine's, or its groups can't be read here.</returns>
    public static ContainerStats? TryRead(string containerId, int processId)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        try
        {
            return Read(containerId, File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/cgroup")), s_hierarchy.Value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null; // Ended meanwhile, on another machine, or mounted in another way: then it is the engine that is asked.
        }
    }

    /// <summary>Reads the use of resources of the groups that a process says it is in.</summary>
    /// <param name="containerId">As above.</param>
    /// <param name="membership">Lines of /proc/PID/cgroup.</param>
    /// <param name="hierarchy">Where the groups are.</param>
    /// <returns>The use.</returns>
    /// <exception cref="IOException">A group or file is not there.</exception>
    /// <exception cref="FormatException">A file is not as cgroups(7) has it.</exception>
    internal static ContainerStats Read(string containerId, IEnumerable<string> membership, ControlGroupHierarchy hierarchy)
    {
        // proc_pid_cgroup(5): hierarchy:controllers:path, and 0::path for version 2.
        var groups = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in membership)
        {
            string[] fields = line.Split(':', 3);
            if (fields.Length != 3 || !fields[2].Contains(containerId, StringComparison.Ordinal))
            {
                continue; // gVisor is in no group of controllers that it does not use.
            }

            foreach (string controller in fields[1].Split(','))
            {
                groups[controller] = fields[2];
            }
        }

        return hierarchy.IsUnified ? ReadUnified(groups, hierarchy) : ReadByController(groups, hierarchy);
    }

    private static ContainerStats ReadUnified(Dictionary<string, string> groups, ControlGroupHierarchy hierarchy) => new()
    {
        MemoryUsage = Math.Max(0, Number(Read(hierarchy, groups, "", "memory", "memory.current")[0]) - Field(Read(hierarchy, groups, "", "memory", "memory.stat"), "inactive_file ")),
        CpuTime = TimeSpan.FromMicroseconds(Field(Read(hierarchy, groups, "", "cpu", "cpu.stat"), "usage_usec ")),
        Pids = (int)Number(Read(hierarchy, groups, "", "pids", "pids.current")[0]),
    };

    private static ContainerStats ReadByController(Dictionary<string, string> groups, ControlGroupHierarchy hierarchy) => new()
    {
        MemoryUsage = Math.Max(0, Number(Read(hierarchy, groups, "memory", "memory", "memory.usage_in_bytes")[0]) - Field(Read(hierarchy, groups, "memory", "memory", "memory.stat"), "total_inactive_file ")),
        CpuTime = TimeSpan.FromTicks(Number(Read(hierarchy, groups, "cpuacct", "cpuacct", "cpuacct.usage")[0]) / 100), // Nanoseconds.
        Pids = (int)Number(Read(hierarchy, groups, "pids", "pids", "pids.current")[0]),
    };

    private static string[] Read(ControlGroupHierarchy hierarchy, Dictionary<string, string> groups, string group, string controller, string file) =>
        groups.TryGetValue(group, out string? path) && hierarchy.RootOf(controller) is { } root
            ? File.ReadAllLines(Path.Join(root, path, file))
            : throw new IOException($"There is no control group for {controller}.");

    private static long Field(string[] lines, string name) =>
        Number(Array.Find(lines, l => l.StartsWith(name, StringComparison.Ordinal))?[name.Length..] ?? throw new FormatException($"There is no '{name}'."));

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
