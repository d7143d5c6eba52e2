using AgentSandbox.Backends.Docker;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Backends.Linux.ControlGroups;

namespace AgentSandbox.Tests.Docker;

/// <summary>What a container uses, as both versions of control groups tell it.</summary>
public sealed class LocalUsageTests : IDisposable
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private readonly string _root = Directory.CreateTempSubdirectory("agsb-cg-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Version_2_with_systemds_names()
    {
        string group = $"system.slice/docker-{Id}.scope";
        Write(group, "memory.current", "5000\n");
        Write(group, "memory.stat", "anon 100\ninactive_file 2000\nactive_file 7\n");
        Write(group, "cpu.stat", "usage_usec 1500000\nuser_usec 1\n");
        Write(group, "pids.current", "3\n");
        ContainerStats stats = LocalUsage.Read(Id, [$"0::/{group}"], Hierarchy([$"30 1 0:26 / {_root} rw - cgroup2 cgroup2 rw"]));
        Assert.Equal((3000L, TimeSpan.FromSeconds(1.5), 3), (stats.MemoryUsage, stats.CpuTime, stats.Pids));
    }

    [Fact]
    public void Version_1_with_a_hierarchy_for_each_controller()
    {
        Write($"memory/docker/{Id}", "memory.usage_in_bytes", "1000\n");
        Write($"memory/docker/{Id}", "memory.stat", "cache 1\ntotal_inactive_file 4000\n"); // More than is used: counted at another moment.
        Write($"cpu/docker/{Id}", "cpuacct.usage", "2000000000\n");
        Write($"pids/docker/{Id}", "pids.current", "7\n");
        ContainerStats stats = LocalUsage.Read(
            Id,
            [$"9:memory:/docker/{Id}", $"4:cpu,cpuacct:/docker/{Id}", $"3:pids:/docker/{Id}", "1:name=systemd:/elsewhere", "0::/"],
            Hierarchy([$"30 1 0:26 / {_root}/memory rw - cgroup cgroup rw,memory", $"31 1 0:27 / {_root}/cpu rw - cgroup cgroup rw,cpu,cpuacct", $"32 1 0:28 / {_root}/pids rw - cgroup cgroup rw,pids"]));
        Assert.Equal((0L, TimeSpan.FromSeconds(2), 7), (stats.MemoryUsage, stats.CpuTime, stats.Pids));
    }

    [Fact]
    public void A_process_of_something_else_tells_nothing()
    {
        ControlGroupHierarchy hierarchy = Hierarchy([$"30 1 0:26 / {_root} rw - cgroup2 cgroup2 rw"]);
        Assert.Throws<IOException>(() => LocalUsage.Read(Id, ["0::/user.slice"], hierarchy));
        Assert.ThrowsAny<IOException>(() => LocalUsage.Read(Id, [$"0::/gone/{Id}"], hierarchy));
        Assert.Null(LocalUsage.TryRead(Id, Environment.ProcessId));
    }

    private void Write(string group, string file, string text) => File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(_root, group)).FullName, file), text);

    private static ControlGroupHierarchy Hierarchy(string[] mounts) => ControlGroupHierarchy.Parse(mounts, _ => ["cpu", "memory", "pids"]);
}
