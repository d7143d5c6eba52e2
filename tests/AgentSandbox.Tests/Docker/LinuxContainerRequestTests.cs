using AgentSandbox.Backends.Docker;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Backends.Docker.Linux;

namespace AgentSandbox.Tests.Docker;

/// <summary>What the engine is told: every protection, always.</summary>
public sealed class LinuxContainerRequestTests
{
    [Fact]
    public void The_defaults_are_hardened()
    {
        ContainerCreate request = Build(new SandboxSpecification { Memory = 1 << 28, Cpu = 0.5, PidLimit = 99, Network = NetworkMode.None });
        Assert.Equal("1000:1000", request.User);
        Assert.Equal(["NONE"], request.Healthcheck!.Test);
        Assert.True(request is { OpenStdin: true, StdinOnce: true, Tty: false, WorkingDir: "/" });
        Assert.Contains("--seccomp", request.Cmd!);
        Assert.Contains("--no-new-privileges", request.Cmd!);
        Assert.Contains("--drop-capabilities", request.Cmd!);
        HostConfig host = request.HostConfig;
        Assert.Equal(["ALL"], host.CapDrop);
        Assert.Null(host.CapAdd);
        Assert.Contains("no-new-privileges", host.SecurityOpt!);
        Assert.Single(host.SecurityOpt!, o => o.StartsWith("seccomp={", StringComparison.Ordinal));
        Assert.Equal(("none", "private", "private"), (host.NetworkMode, host.IpcMode, host.CgroupnsMode));
        Assert.Equal((1L << 28, 1L << 28, 500_000_000L, 99L), (host.Memory, host.MemorySwap, host.NanoCpus, host.PidsLimit));
        Assert.Equal("none", host.LogConfig!.Type);
        Assert.Equal("no", host.RestartPolicy!.Name);
        Assert.True(host is { AutoRemove: false, Init: false, ReadonlyRootfs: false });
        Assert.Null(host.StorageOpt);
        Assert.Null(host.Devices);
        Assert.DoesNotContain("--allow", request.Cmd!);
    }

    [Fact]
    public void What_is_allowed_reaches_the_profile_the_guest_and_the_devices_and_gives_no_capability()
    {
        ContainerCreate request = Build(new SandboxSpecification { Allow = [SandboxAllowance.Tun, SandboxAllowance.NestedUserNamespace] });
        Assert.Equal("NestedUserNamespace,Tun", request.Cmd![request.Cmd!.ToList().IndexOf("--allow") + 1]);
        Assert.Null(request.HostConfig.CapAdd);
        DeviceMapping device = Assert.Single(request.HostConfig.Devices!);
        Assert.Equal(("/dev/net/tun", "/dev/net/tun", "rw"), (device.PathOnHost, device.PathInContainer, device.CgroupPermissions));
        using var profile = new ProfileInterpreter(request.HostConfig.SecurityOpt!.Single(o => o.StartsWith("seccomp=", StringComparison.Ordinal))["seccomp=".Length..]);
        Assert.Equal(0, profile.Answer("mount"));
        Assert.NotEqual(0, profile.Answer("keyctl"));
    }

    [Fact]
    public void A_guest_that_is_root_has_only_what_it_takes_to_become_another_user()
    {
        ContainerCreate request = Build(new SandboxSpecification(), guestIsRoot: true);
        Assert.Equal("0:0", request.User);
        Assert.Equal(["ALL"], request.HostConfig.CapDrop);
        Assert.Equal(["SETUID", "SETGID", "KILL", "SETPCAP", "SYS_RESOURCE"], request.HostConfig.CapAdd);
    }

    [Fact]
    public void Mounts_are_binds_of_their_own_and_read_only_unless_said()
    {
        IReadOnlyList<Mount> mounts = Build(new SandboxSpecification { Mounts = [SandboxMount.Parse("/a:/x"), SandboxMount.Parse("/b:/y:rw")] }).HostConfig.Mounts!;
        Assert.All(mounts.Where(m => m.Type == "bind"), m => Assert.Equal("rprivate", m.BindOptions!.Propagation));
        Assert.Equal(4, mounts.Count(m => m.Type == "bind"));
        Assert.True(mounts.Single(m => m.Target == "/.agentsandbox/guest").ReadOnly);
        Assert.True(mounts.Single(m => m.Target == "/usr").ReadOnly);
        Mount readOnly = mounts.Single(m => m.Target == "/x");
        Assert.True(readOnly.ReadOnly);
        Assert.True(readOnly.BindOptions!.NonRecursive); // This engine would leave what is mounted below writable.
        Assert.False(mounts.Single(m => m.Target == "/y").ReadOnly);
        Assert.Null(Build(new SandboxSpecification { Mounts = [SandboxMount.Parse("/a:/x")] }, api: new Version(1, 44)).HostConfig.Mounts!.Single(m => m.Target == "/x").BindOptions!.NonRecursive);
    }

    [Fact]
    public void Who_writes_to_the_host_can_make_no_set_id_program_there()
    {
        Assert.DoesNotContain("--deny-set-id", Build(new SandboxSpecification { Mounts = [SandboxMount.Parse("/a:/x")] }).Cmd!);
        ContainerCreate writes = Build(new SandboxSpecification { Mounts = [SandboxMount.Parse("/b:/y:rw")] });
        Assert.Contains("--deny-set-id", writes.Cmd!);
        Assert.NotEqual(
            Build(new SandboxSpecification()).HostConfig.SecurityOpt!.Single(o => o.StartsWith("seccomp=", StringComparison.Ordinal)),
            writes.HostConfig.SecurityOpt!.Single(o => o.StartsWith("seccomp=", StringComparison.Ordinal)));
    }

    [Fact]
    public void Time_idleness_and_ownership_are_the_guests_to_keep()
    {
        ContainerCreate request = Build(
            new SandboxSpecification { IdleTimeout = TimeSpan.FromSeconds(1.5), ReadOnly = true, DiskLimit = 1 << 30 },
            record => record with { ThrowAway = true, Expires = DateTimeOffset.FromUnixTimeMilliseconds(1_000_001) });
        Assert.Equal(["--expires", "1001", "--idle-timeout", "2", "--end-with-input"], request.Cmd!.SkipWhile(a => a != "--expires"));
        Assert.True(request.HostConfig is { AutoRemove: true, ReadonlyRootfs: true });
        Assert.Equal(["/run", "/tmp", "/var/tmp"], request.HostConfig.Tmpfs!.Keys.Order());
        Assert.All(request.HostConfig.Tmpfs!.Values, o => Assert.Contains("nosuid,nodev", o, StringComparison.Ordinal));
        Assert.Equal("1073741824", request.HostConfig.StorageOpt!["size"]);
    }

    [Fact]
    public void No_limit_is_none_and_one_above_what_there_is_too()
    {
        HostConfig host = Build(new SandboxSpecification { Memory = 0, Cpu = 64, PidLimit = 0 }).HostConfig;
        Assert.Equal((null, null, null, null), (host.Memory, host.MemorySwap, host.NanoCpus, host.PidsLimit));
    }

    [Fact]
    public void A_remote_engine_gets_a_volume_for_the_guest_and_no_path_of_this_machine()
    {
        ContainerCreate request = Build(new SandboxSpecification(), isLocal: false);
        Assert.Empty(request.HostConfig.Mounts!);
        Assert.Equal(["/.agentsandbox"], request.Volumes!.Keys);
    }

    private static ContainerCreate Build(SandboxSpecification specification, Func<ContainerRecord, ContainerRecord>? change = null, bool guestIsRoot = false, bool isLocal = true, Version? api = null)
    {
        var record = new ContainerRecord { Name = "box", Specification = specification, Created = DateTimeOffset.UnixEpoch, User = "1000:1000" };
        var image = new EngineImage("image:tag", new ImageInspect { Id = "sha256:0" }, isLocal ? ["/usr"] : [], "1000:1000", null);
        var facts = new EngineFacts(new EnginePing(api ?? new Version(1, 41), "linux"), new EngineInfo { NCPU = 2, SwapLimit = true }, isLocal);
        return new LinuxContainerRequest(change?.Invoke(record) ?? record, image, facts) { GuestProgram = "/guest", GuestIsRoot = guestIsRoot }.Build();
    }
}
