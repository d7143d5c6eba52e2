using AgentSandbox.Backends.Linux.ControlGroups;

namespace AgentSandbox.Tests.ControlGroups;

public sealed class HierarchyTests
{
    private static readonly string[] s_unified = ["30 24 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot"];

    private static readonly string[] s_hybrid =
    [
        "24 1 0:5 / / rw - ext4 /dev/vda rw",
        "31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct",
        "32 24 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
        "33 24 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
        "34 24 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd",
        "35 24 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
    ];

    [Fact]
    public void A_unified_machine_has_one_folder()
    {
        var hierarchy = ControlGroupHierarchy.Parse(s_unified, _ => ["cpuset", "cpu", "io", "memory", "pids"]);
        Assert.True(hierarchy.IsUnified);
        Assert.Equal(["/sys/fs/cgroup"], hierarchy.Roots);
        Assert.Equal("/sys/fs/cgroup", hierarchy.RootOf("memory"));
    }

    [Fact]
    public void A_hybrid_machine_has_one_folder_per_controller_and_the_unified_one_for_killing()
    {
        var hierarchy = ControlGroupHierarchy.Parse(s_hybrid, _ => []);
        Assert.False(hierarchy.IsUnified);
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct", hierarchy.RootOf("cpu"));
        Assert.Equal("/sys/fs/cgroup/cpu,cpuacct", hierarchy.RootOf("cpuacct"));
        Assert.Equal(["/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"], hierarchy.Roots.Order(StringComparer.Ordinal));
        Assert.Null(hierarchy.FreezerRoot);
    }

    [Fact]
    public void Only_without_version_2_the_freezer_is_used()
    {
        const string Freezer = "36 24 0:32 / /sys/fs/cgroup/freezer rw - cgroup cgroup rw,freezer";
        Assert.Null(ControlGroupHierarchy.Parse([.. s_hybrid, Freezer], _ => []).FreezerRoot);
        Assert.Null(ControlGroupHierarchy.Parse([.. s_unified, Freezer], _ => ["memory"]).FreezerRoot);
        var old = ControlGroupHierarchy.Parse([.. s_hybrid[..^1], Freezer], _ => []);
        Assert.Equal("/sys/fs/cgroup/freezer", old.FreezerRoot);
        Assert.Contains("/sys/fs/cgroup/freezer", old.Roots);
    }

    [Fact]
    public void A_machine_without_control_groups_has_none()
    {
        var hierarchy = ControlGroupHierarchy.Parse(["24 1 0:5 / / rw - ext4 /dev/vda rw", "", "garbage", "1 2 3 - cgroup2"], _ => []);
        Assert.Empty(hierarchy.Roots);
        Assert.Null(hierarchy.RootOf("memory"));
    }
}
