namespace AgentSandbox.Isolation.Observation;

/// <summary>A mounted control group hierarchy, of either version.</summary>
/// <param name="Point">Where it is mounted.</param>
/// <param name="Root">Which of its groups is mounted there.</param>
/// <param name="Controllers">Its controllers, for version 1; null for version 2.</param>
internal sealed record ControlGroupMount(string Point, string Root, string[]? Controllers)
{
    /// <summary>The hierarchies that this process sees.</summary>
    /// <returns>The mounts.</returns>
    public static IEnumerable<ControlGroupMount> All()
    {
        // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue: proc_pid_mountinfo(5).
        foreach (string line in File.ReadAllLines("/proc/self/mountinfo"))
        {
            string[] halves = line.Split(" - ", 2);
            string[] place = halves[0].Split(' ');
            string[] what = halves[1].Split(' ');
            if (what[0] is "cgroup2" or "cgroup")
            {
                yield return new ControlGroupMount(place[4], place[3], what[0] == "cgroup" ? what[2].Split(',') : null);
            }
        }
    }

    /// <summary>Folder of the group that a process is in.</summary>
    /// <param name="controller">The controller that is asked for.</param>
    /// <param name="membership">Lines of /proc/PID/cgroup.</param>
    /// <returns>The folder; null when this hierarchy has not the controller or does not show the group.</returns>
    public string? Folder(string controller, IEnumerable<string> membership)
    {
        if (Controllers?.Contains(controller) == false)
        {
            return null;
        }

        foreach (string line in membership)
        {
            string[] parts = line.Split(':', 3); // 4:memory:/group, or 0::/group for version 2: cgroups(7).
            bool match = Controllers is null ? parts[1].Length == 0 : parts[1].Split(',').Contains(controller);
            if (match && (Root == "/" || parts[2].StartsWith(Root + "/", StringComparison.Ordinal) || parts[2] == Root))
            {
                return (Point + (Root == "/" ? parts[2] : parts[2][Root.Length..])).TrimEnd('/');
            }
        }

        return null;
    }
}
