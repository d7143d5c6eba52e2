using System.Globalization;
using System.Text.Json;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Tests.Docker.Engine;

namespace AgentSandbox.Tests.Docker.Windows;

public sealed class LifecycleTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly WindowsSandboxes _windows = new();

    public Task InitializeAsync() => Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public ValueTask DisposeAsync() => _windows.DisposeAsync();

    [Fact]
    public async Task A_sandbox_lives_is_seen_by_another_process_stops_starts_and_goes()
    {
        Sandbox sandbox = await _windows.CreateAsync(WindowsSandboxes.Specification with { Name = "Box" });
        Assert.Equal(("Box", "HyperV", SandboxState.Running), (sandbox.Name, sandbox.Backend, sandbox.State));

        await using SandboxManager other = _windows.NewManager();
        Assert.Equal(sandbox.Id, Assert.Single(other.List()).Id);
        Assert.Equal(sandbox.Id, other.Get("box").Id);
        Assert.Equal(SandboxState.Stopped, (await other.StopAsync(sandbox.Id)).State);
        Assert.Equal(SandboxErrorId.SandboxNotRunning, (await Assert.ThrowsAsync<SandboxException>(() => _windows.RunAsync(sandbox, "cat"))).ErrorId);
        Assert.Equal(SandboxState.Running, (await other.StartAsync(sandbox.Id)).State);
        Assert.Equal("a", (await _windows.RunAsync(sandbox, "arguments", "a")).StandardOutput);
        await other.RemoveAsync(sandbox.Id);
        Assert.Empty(_windows.Engine.Containers);
    }

    [Fact]
    public async Task Checkpoints_are_refused_and_there_are_none()
    {
        Sandbox sandbox = await _windows.CreateAsync(WindowsSandboxes.Specification with { Name = "Box" });
        await using SandboxManager manager = _windows.NewManager();
        foreach (Func<Task> act in new Func<Task>[]
        {
            () => manager.CheckpointAsync(sandbox.Id, "one"), () => manager.RestoreAsync(sandbox.Id, "one", force: true), () => manager.RemoveCheckpointAsync(sandbox.Id, "one"), () => manager.CloneAsync(sandbox.Id, "other"),
        })
        {
            Assert.Equal(SandboxErrorId.CheckpointNotSupported, (await Assert.ThrowsAsync<SandboxException>(act)).ErrorId);
        }

        Assert.Empty(await manager.GetCheckpointsAsync(sandbox.Id));
        Assert.Equal(SandboxState.Running, manager.Get("Box").State);
    }

    [Fact]
    public async Task The_engine_is_asked_for_what_it_honours_and_for_nothing_else()
    {
        Sandbox sandbox = await _windows.CreateAsync(WindowsSandboxes.Specification with
        {
            Memory = 3L << 30,
            Cpu = 0.5,
            DiskLimit = 40L << 30,
            Hostname = "build",
            Environment = new Dictionary<string, string> { ["A"] = "b" },
        });
        JsonElement body = JsonDocument.Parse(_windows.Container(sandbox).Body).RootElement;
        JsonElement host = body.GetProperty("HostConfig");
        Assert.Equal(
            ["AutoRemove", "Isolation", "LogConfig", "Memory", "NanoCpus", "NetworkMode", "RestartPolicy", "StorageOpt"],
            host.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
        Assert.Equal(("hyperv", "none", 3L << 30, 500_000_000L), (host.GetProperty("Isolation").GetString(), host.GetProperty("NetworkMode").GetString(), host.GetProperty("Memory").GetInt64(), host.GetProperty("NanoCpus").GetInt64()));
        Assert.Equal((40L << 30).ToString(CultureInfo.InvariantCulture), host.GetProperty("StorageOpt").GetProperty("size").GetString());
        Assert.Equal(("ContainerAdministrator", "build"), (body.GetProperty("User").GetString(), body.GetProperty("Hostname").GetString()));
        Assert.Equal(["A=b"], body.GetProperty("Env").EnumerateArray().Select(e => e.GetString()!));
        Assert.False(body.GetProperty("OpenStdin").GetBoolean());
        Assert.Equal(@"C:\Windows\System32\ping.exe -t 127.0.0.1 > nul", body.GetProperty("Entrypoint").EnumerateArray().Last().GetString());
    }

    [Fact]
    public async Task A_throw_away_sandbox_ends_with_the_process_that_made_it()
    {
        SandboxManager creator = _windows.NewManager();
        Sandbox sandbox = await creator.CreateThrowAwayAsync(WindowsSandboxes.Specification, null, WindowsSandboxes.Soon);
        StandInContainer container = _windows.Container(sandbox);
        Assert.True(container.Request is { OpenStdin: true, StdinOnce: true, AttachStdin: true, HostConfig.AutoRemove: true });
        Assert.StartsWith("set /p ", container.Request.Entrypoint![^1], StringComparison.Ordinal);
        Assert.Equal("x", (await creator.RunAsync(sandbox.Id, new CommandSpecification { Arguments = ["arguments", "x"] })).StandardOutput);
        Assert.True(container.IsRunning);

        await creator.DisposeAsync(); // Closes its connections, as the kernel does for a process that was killed.
        await WindowsSandboxes.UntilAsync(() => _windows.Engine.Containers.IsEmpty);
    }

    [Fact]
    public async Task The_time_to_live_of_a_throw_away_sandbox_is_kept()
    {
        await using SandboxManager creator = _windows.NewManager();
        await creator.CreateThrowAwayAsync(WindowsSandboxes.Specification with { TimeToLive = TimeSpan.FromSeconds(1) }, null, WindowsSandboxes.Soon);
        await WindowsSandboxes.UntilAsync(() => _windows.Engine.Containers.IsEmpty);
    }

    [Theory]
    [InlineData("busybox:1", SandboxErrorId.ImageNotCompatible)]
    [InlineData("nanoserver:ltsc2025", SandboxErrorId.ImageNotCompatible)]
    [InlineData("host", SandboxErrorId.ImageNotCompatible)]
    public async Task An_image_that_does_not_fit_is_refused_before_anything_is_made(string image, string error)
    {
        Assert.Equal(error, (await Assert.ThrowsAsync<SandboxException>(() => _windows.CreateAsync(WindowsSandboxes.Specification with { Image = image }))).ErrorId);
        Assert.DoesNotContain(_windows.Engine.Http.Requests, r => r.Path == "/containers/create");
    }

    [Theory]
    [InlineData("container x encountered an error during CreateComputeSystem: failure in a Windows system call: The container operating system does not match the host operating system. (0xc0370101)", SandboxErrorId.ImageNotCompatible)]
    [InlineData("failure in a Windows system call: No hypervisor is present on this system. (0xc0351000)", SandboxErrorId.BackendNotAvailable)]
    public async Task A_start_that_the_engine_refuses_leaves_nothing(string failure, string error)
    {
        _windows.Engine.StartFailure = failure;
        SandboxException refused = await Assert.ThrowsAsync<SandboxException>(() => _windows.CreateAsync(WindowsSandboxes.Specification with { Image = "nanoserver:unknown" }));
        Assert.Equal(error, refused.ErrorId);
        Assert.Contains(failure, refused.Message, StringComparison.Ordinal);
        Assert.Empty(_windows.Engine.Containers);
    }

    [Fact]
    public async Task A_name_is_used_once()
    {
        await _windows.CreateAsync(WindowsSandboxes.Specification with { Name = "twice" });
        Assert.Equal(SandboxErrorId.NameInUse, (await Assert.ThrowsAsync<SandboxException>(() => _windows.CreateAsync(WindowsSandboxes.Specification with { Name = "TWICE" }))).ErrorId);
    }

    [Fact]
    public async Task The_other_backends_say_that_the_engine_runs_Windows_containers()
    {
        Assert.Equal(SandboxErrorId.BackendNotAvailable, (await Assert.ThrowsAsync<SandboxException>(() => _windows.CreateAsync(new() { Backend = "Docker" }))).ErrorId);
        Assert.True(_windows.Manager.GetBackends().Single(b => b.Name == "HyperV").Available);
    }

    [Fact]
    public void An_engine_of_Linux_containers_does_not_have_it()
    {
        _windows.Engine.Http.OSType = "linux";
        BackendInfo info = _windows.Manager.GetBackends().Single(b => b.Name == "HyperV");
        Assert.False(info.Available);
        Assert.Contains("Linux containers", info.Reason, StringComparison.Ordinal);
        Assert.Contains("Windows containers", info.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sandbox_that_outlives_its_time_is_removed_by_the_next_look()
    {
        await MakeWithTimeAsync(TimeSpan.FromMinutes(-1));
        Assert.Empty(_windows.Manager.List());
        Assert.Empty(_windows.Engine.Containers);
    }

    [Fact]
    public async Task A_time_to_live_that_would_start_anew_is_not_started_again()
    {
        string id = await MakeWithTimeAsync(TimeSpan.FromHours(1));
        Assert.Equal(SandboxState.Stopped, (await _windows.Manager.StopAsync(id)).State);
        Assert.Equal(SandboxErrorId.NotEnforceable, (await Assert.ThrowsAsync<SandboxException>(() => _windows.Manager.StartAsync(id))).ErrorId);
        Assert.Equal(SandboxState.Stopped, _windows.Manager.Get(id).State);
    }

    // As another process made it: this one would start its keeper, the real program, for it.
    private async Task<string> MakeWithTimeAsync(TimeSpan left)
    {
        string scope = ContainerLabels.ScopeOf(_windows.Manager.Home);
        var record = new ContainerRecord
        {
            Name = "timed",
            Specification = _windows.Manager.Resolve(WindowsSandboxes.Specification with { Name = "timed" }),
            Created = DateTimeOffset.UtcNow,
            Expires = DateTimeOffset.UtcNow + left,
        };
        using DockerEngine client = EngineClient.Of(_windows.Engine.Http.Endpoint);
        var request = new ContainerCreate { Image = "x", Labels = ContainerLabels.Write(scope, record), HostConfig = new() { Isolation = "hyperv" } };
        string id = (await client.CreateContainerAsync(ContainerLabels.ContainerName(scope, "timed"), request, WindowsSandboxes.Soon)).Id;
        await client.StartContainerAsync(id, WindowsSandboxes.Soon);
        return id[..12];
    }
}
