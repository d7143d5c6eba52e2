namespace AgentSandbox.Isolation.Observation;

/// <summary>The mounts of a payload, as the host's /proc shows them.</summary>
internal static class PayloadMounts
{
    // File systems that take no space of a disk: the kernel's own, and memory, which has a limit of its own.
    private static readonly string[] s_noDisk = ["proc", "sysfs", "tmpfs", "ramfs", "devtmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "bpf", "autofs"];

    /// <summary>Where a file system on a disk is mounted for writing; the root too when it is no mount (chroot(2)), since then nothing says what it is.</summary>
    /// <param name="lines">Lines of proc_pid_mountinfo(5).</param>
    /// <returns>The mount points.</returns>
    /// <exception cref="ProbeFailedException">A line is not as the manual says.</exception>
    public static IReadOnlyList<string> WritableOnDisk(IEnumerable<string> lines)
    {
        IReadOnlyList<MountLine> mounts = MountLine.ParseAll(lines);
        List<string> points = [.. mounts.Where(mount => !s_noDisk.Contains(mount.Type) && !mount.IsReadOnly).Select(mount => mount.Point)];
        if (!mounts.Any(mount => mount.Point == "/"))
        {
            points.Add("/");
        }

        return points;
    }
}
