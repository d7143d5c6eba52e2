using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Tests.Isolation;

public class ControlGroupMountTests
{
    private static readonly string[] s_hybrid = ["9:name=systemd:/", "8:pids:/box", "4:cpu,cpuacct:/a/b", "0::/user.slice"];

    [Theory]
    [InlineData("/sys/fs/cgroup/pids", "/", "pids", "pids", "/sys/fs/cgroup/pids/box")]
    [InlineData("/sys/fs/cgroup/cpu", "/", "cpu,cpuacct", "cpu", "/sys/fs/cgroup/cpu/a/b")]
    [InlineData("/sys/fs/cgroup/cpu", "/a", "cpu,cpuacct", "cpu", "/sys/fs/cgroup/cpu/b")]
    [InlineData("/sys/fs/cgroup/cpu", "/c", "cpu,cpuacct", "cpu", null)]
    [InlineData("/sys/fs/cgroup/cpu", "/", "cpu,cpuacct", "memory", null)]
    [InlineData("/sys/fs/cgroup", "/", null, "memory", "/sys/fs/cgroup/user.slice")]
    public void The_folder_of_a_process_is_found(string point, string root, string? controllers, string asked, string? folder) =>
        Assert.Equal(folder, new ControlGroupMount(point, root, controllers?.Split(',')).Folder(asked, s_hybrid));
}
