using AgentSandbox.IntegrationTests.Behaviour;

namespace AgentSandbox.IntegrationTests.Docker;

/// <summary>What only an engine that is the test's own can show: its restart, its absence, quotas, and being far away.</summary>
public sealed class PrivateEngineTests : IAsyncLifetime
{
    private PrivateEngine _engine = null!;

    public async Task InitializeAsync() => _engine = await PrivateEngine.StartNewAsync();

    public Task DisposeAsync() => _engine.DisposeAsync().AsTask();

    [Theory]
    [InlineData("Docker", false)]
    [InlineData("Docker", true)]
    [InlineData("GVisor", false)]
    public async Task An_engine_that_restarts_stops_its_sandboxes_and_loses_none(string backend, bool kill)
    {
        await using var host = new SandboxHost(_engine.Endpoint);
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { Name = "kept" });
        Assert.Equal(0, (await host.ShellAsync(sandbox, "echo kept > ~/file; sync")).ExitCode);
        await using SandboxCommand running = await host.Manager.StartCommandAsync(sandbox.Id, CommandSpecification.Shell("sleep 1000"));

        await (kill ? _engine.KillAsync() : _engine.StopAsync());
        if (kill)
        {
            SandboxException broken = await Assert.ThrowsAsync<SandboxException>(() => running.Completion.WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.Equal(SandboxErrorId.GuestDisconnected, broken.ErrorId);
        }
        else
        {
            Assert.NotNull((await running.Completion.WaitAsync(TimeSpan.FromSeconds(30))).Signal); // An engine that ends in order asks its containers to do so too.
        }

        Assert.Equal(SandboxErrorId.EngineUnreachable, Assert.Throws<SandboxException>(() => host.Manager.Get("kept")).ErrorId);
        Assert.Equal(SandboxErrorId.EngineUnreachable, (await Assert.ThrowsAsync<SandboxException>(() => host.ShellAsync(sandbox, "true"))).ErrorId);
        var warnings = new List<string>();
        Assert.Empty(host.Manager.List(warnings.Add));
        Assert.Single(warnings);
        Assert.Equal(SandboxErrorId.EngineUnreachable, Assert.Throws<SandboxException>(() => host.Manager.List()).ErrorId);

        await _engine.StartAsync();
        Sandbox after = host.Manager.Get("kept");
        Assert.True(after.State is SandboxState.Stopped or SandboxState.Failed, $"{after.State}");
        Assert.Equal(SandboxErrorId.SandboxNotRunning, (await Assert.ThrowsAsync<SandboxException>(() => host.ShellAsync(sandbox, "true"))).ErrorId);
        Assert.Equal(SandboxState.Running, (await host.Manager.StartAsync(sandbox.Id)).State);
        Assert.Equal("kept\n", (await host.ShellAsync(sandbox, "cat ~/file")).StandardOutput);
    }

    [Fact]
    public async Task Without_its_engine_nothing_can_be_made_and_the_reason_is_said()
    {
        await _engine.StopAsync();
        await using var host = new SandboxHost(_engine.Endpoint);
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.CreateAsync("Docker"));
        Assert.Equal(SandboxErrorId.EngineUnreachable, e.ErrorId);
        Assert.NotEmpty(e.RecommendedAction);
        BackendInfo info = host.Manager.GetBackends().Single(b => b.Name == "Docker");
        Assert.False(info.Available);
        Assert.NotNull(info.Reason);
        Sandbox local = await host.CreateAsync("Nspawn"); // Which needs none.
        Assert.Equal(local.Id, host.Manager.Get(local.Name).Id);
        await _engine.StartAsync();
    }

    [Theory]
    [InlineData("Docker")]
    [InlineData("GVisor")]
    public async Task Where_the_storage_has_quotas_filling_the_disk_fills_its_own_only(string backend)
    {
        await using var host = new SandboxHost(_engine.Endpoint);
        Sandbox hostile = await host.CreateAsync(backend, s => s with { DiskLimit = 64L << 20 });
        Sandbox other = await host.CreateAsync(backend);
        Assert.Equal(2L << 30, other.Limits.Disk);
        CommandResult result = await host.ShellAsync(hostile, "dd if=/dev/urandom of=$HOME/full bs=1M count=300 conv=fsync");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Matches("quota|No space", result.StandardError);
        Assert.Equal(0, (await host.ShellAsync(other, "echo fine > ~/x")).ExitCode);
        Assert.Equal("still here\n", (await host.ShellAsync(hostile, "echo still here")).StandardOutput);
    }

    [Fact]
    public async Task A_remote_engine_gets_the_guest_sent_and_is_asked_for_nothing_of_this_machine()
    {
        string image = await TestImages.BusyboxAsync(_engine.RemoteEndpoint);
        await using var host = new SandboxHost(_engine.RemoteEndpoint);
        Sandbox sandbox = await host.CreateAsync("Docker", s => s with { Image = image, Name = "far" });
        Assert.Equal("far away\n", (await host.ShellAsync(sandbox, "echo far away > /tmp/f; cat /tmp/f")).StandardOutput);

        await using var elsewhere = new SandboxManager(host.Home, _engine.RemoteEndpoint);
        Sandbox seen = Assert.Single(elsewhere.List());
        Assert.Equal((sandbox.Id, "far"), (seen.Id, seen.Name));
        Assert.Equal("uid=0(root) gid=0(root) groups=0(root)\n", (await elsewhere.RunAsync(seen.Id, CommandSpecification.Shell("id") with { User = "root" })).StandardOutput);

        // Root in there can replace the program on its volume; the next start brings ours back.
        await elsewhere.RunAsync(seen.Id, CommandSpecification.Shell("rm -f /.agentsandbox/guest; cp /bin/busybox /.agentsandbox/guest") with { User = "root" });
        await elsewhere.StopAsync(seen.Id);
        await elsewhere.StartAsync(seen.Id);
        Assert.Equal("far away\n", (await elsewhere.RunAsync(seen.Id, CommandSpecification.Shell("cat /tmp/f"))).StandardOutput);

        Sandbox readOnly = await host.CreateAsync("Docker", s => s with { Image = image, ReadOnly = true });
        Assert.Equal("ok\n", (await host.ShellAsync(readOnly, "echo ok > /tmp/f; cat /tmp/f")).StandardOutput);

        string folder = Directory.CreateTempSubdirectory().FullName;
        SandboxException mount = await Assert.ThrowsAsync<SandboxException>(() => host.CreateAsync("Docker", s => s with { Image = image, Mounts = [SandboxMount.Parse(folder + ":/data")] }));
        Assert.Equal(SandboxErrorId.MountNotSupported, mount.ErrorId);
        Directory.Delete(folder);
        Assert.Equal(SandboxErrorId.ImageNotCompatible, (await Assert.ThrowsAsync<SandboxException>(() => host.CreateAsync("Docker"))).ErrorId);

        await host.Manager.RemoveAsync(readOnly.Id);
        await host.Manager.RemoveAsync(sandbox.Id);
        Assert.Equal("", await _engine.DockerAsync("volume", "ls", "-q"));
    }
}
