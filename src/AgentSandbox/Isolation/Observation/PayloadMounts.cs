namespace AgentSandbox.Isolation.Observation;

/// <summary>The mounts of a payload, as the host's /proc shows them.</summary>
internal static class PayloadMounts
{
    // File systems that take no space of a disk: the kernel's own, and memory, which has a limit of its own.
    private static readonly string[] s_noDisk = ["proc", "sysfs", "tmpfs", "ramfs", "devtmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "bpf", "autofs"];

    /// <summary>Where a file system on a disk is mounted for writing; the root too when it is no mount (chroot(2)), since then nothing says what it is.</summary>
    /// <param name="lines">Lines of proc_pid_mountinfo(5).</param>
    /// <returns>The mount points; kernel's escapes (\040) are left as they are.</returns>
    /// <exception cref="ProbeFailedException">A line is not as the manual says.</exception>
    public static IReadOnlyList<string> WritableOnDisk(IEnumerable<string> lines)
    {
        var points = new List<string>();
        bool hasRoot = false;
        foreach (string line in lines)
        {
            // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue; a mount may be read-only of either half.
            string[] halves = line.Split(" - ", 2);
            string[] place = halves[0].Split(' ');
            string[] what = halves[^1].Split(' ');
            if (halves.Length != 2 || place.Length < 6 || what.Length < 3)
            {
                throw new ProbeFailedException("The kernel lists the payload's mounts in a way that this build does not know.");
            }

            hasRoot |= place[4] == "/";
            if (!s_noDisk.Contains(what[0]) && IsWritable(place[5]) && IsWritable(what[2]))
            {
                points.Add(place[4]);
            }
        }

        if (!hasRoot)
        {
            points.Add("/");
        }

        return points;
    }

    private static bool IsWritable(string options) => !options.Split(',').Contains("ro");
}
