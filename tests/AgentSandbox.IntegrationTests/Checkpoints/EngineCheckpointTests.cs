using System.Diagnostics;
using AgentSandbox.Backends.Docker.Checkpoints;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Endpoint;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.IntegrationTests.Behaviour;
using AgentSandbox.IntegrationTests.Docker;

namespace AgentSandbox.IntegrationTests.Checkpoints;

/// <summary>Checkpoints that are an engine's images: what they carry, who sees them, what is left of those that were cut short.</summary>
public sealed class EngineCheckpointTests
{
    private const string Big = "head -c 60M /dev/urandom > ~/big";

    [Theory, InlineData("Docker"), InlineData("GVisor")]
    public async Task Another_process_sees_checkpoints_and_a_restored_sandbox_under_its_id(string backend)
    {
        await using var host = new SandboxHost();
        await using var other = new SandboxManager(host.Home);
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { Name = "box", TimeToLive = TimeSpan.FromHours(1), Environment = new Dictionary<string, string> { ["A"] = "1" } });
        await CheckpointTests.DoAsync(host, sandbox, "echo old > ~/f");
        await host.Manager.CheckpointAsync(sandbox.Id, "one");
        Assert.Equal("one", Assert.Single(await other.GetCheckpointsAsync(sandbox.Id)).Name);
        Assert.Equal("old\n", (await other.RunAsync(sandbox.Id, CommandSpecification.Shell("cat ~/f"))).StandardOutput); // It knows the first container now, and a connection to it.
        await CheckpointTests.DoAsync(host, sandbox, "echo new > ~/f");

        Sandbox restored = await host.Manager.RestoreAsync(sandbox.Id, "one", force: true);
        Assert.Equal((sandbox.Id, "box", sandbox.Created, sandbox.Expires, SandboxState.Running), (restored.Id, restored.Name, restored.Created, restored.Expires, restored.State));
        Assert.Equal("old 1\n", (await other.RunAsync(sandbox.Id, CommandSpecification.Shell("echo $(cat ~/f) $A"))).StandardOutput);
        Assert.Equal(sandbox.Id, other.Get("BOX").Id);
        Assert.Equal(sandbox.Id, other.Get(sandbox.Id).Id);
        Assert.Equal(sandbox.Id, Assert.Single(other.List()).Id);

        // And so on from there, by the other one.
        await other.CheckpointAsync(sandbox.Id, "two");
        await other.RestoreAsync(sandbox.Id, "one", force: true);
        await host.Manager.StopAsync(sandbox.Id);
        Assert.Equal(SandboxState.Stopped, (await host.Manager.RestoreAsync(sandbox.Id, "two")).State);
        Assert.Equal(SandboxState.Stopped, other.Get("box").State);
        await other.StartAsync(sandbox.Id);
        Assert.Equal("old\n", await CheckpointTests.DoAsync(host, sandbox, "cat ~/f"));
        await other.RemoveAsync(sandbox.Id);
        Assert.Empty(host.Manager.List());
        await host.NothingIsLeftOfAsync(sandbox);
        Assert.Empty(await ImagesAsync(host));
    }

    [Fact]
    public async Task An_image_of_a_sandbox_has_none_of_its_secrets_and_starts_nothing_of_ours()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Docker", s => s with { Environment = new Dictionary<string, string> { ["TOKEN"] = "s3cr3t" } });
        await CheckpointTests.DoAsync(host, sandbox, "echo x > ~/f");
        await host.Manager.CheckpointAsync(sandbox.Id, "one");
        ImageSummary image = Assert.Single(await ImagesAsync(host));
        // Of its configuration: engines before 25 keep that of the container, which they show to the same users, beside it.
        string all = Run("docker", "image", "inspect", "--format", "{{json .Config}}", image.Id) + Run("docker", "image", "history", "--no-trunc", image.Id);
        Assert.DoesNotContain("s3cr3t", all, StringComparison.Ordinal);
        Assert.Equal([$"agentsandbox.invalid/checkpoint:{ContainerLabels.ScopeOf(host.Home)}-{sandbox.Id}-one"], image.RepoTags);
        Assert.All(ContainerLabels.OfContainers.Append(ContainerLabels.Content), label => Assert.Equal("", image.Labels![label]));

        // Whatever is made of it by hand is no sandbox of ours, and the guest program is not in it.
        string container = (await TestEngine.Client.CreateContainerAsync("agentsandbox-hand", new ContainerCreate { Image = image.Id, HostConfig = new HostConfig { NetworkMode = "none" } }, CancellationToken.None)).Id;
        try
        {
            Assert.Equal(sandbox.Id, Assert.Single(host.Manager.List()).Id);
            await Assert.ThrowsAsync<DockerEngineException>(() => TestEngine.Client.StartContainerAsync(container, CancellationToken.None));
        }
        finally
        {
            await TestEngine.Client.RemoveContainerAsync(container, CancellationToken.None);
        }

        Run("docker", "image", "prune", "-f"); // Which deletes what has no name.
        Assert.Single(await host.Manager.GetCheckpointsAsync(sandbox.Id));
    }

    [Fact]
    public async Task Images_that_stand_on_each_other_all_go()
    {
        await using var host = new SandboxHost();
        Sandbox first = await host.CreateAsync("Docker");
        await host.Manager.CheckpointAsync(first.Id, "a");
        await host.Manager.RestoreAsync(first.Id, "a", force: true);
        await CheckpointTests.DoAsync(host, first, "echo b > ~/f");
        await host.Manager.CheckpointAsync(first.Id, "b");
        await host.Manager.RemoveCheckpointAsync(first.Id, "A"); // What "b" and the sandbox stand on.
        Assert.Equal("b", Assert.Single(await host.Manager.GetCheckpointsAsync(first.Id)).Name);
        await host.Manager.RestoreAsync(first.Id, "b", force: true);
        Assert.Equal("b\n", await CheckpointTests.DoAsync(host, first, "cat ~/f"));
        Sandbox second = await host.Manager.CloneAsync(first.Id, "second");
        await host.Manager.CheckpointAsync(second.Id, "c");
        Sandbox third = await host.Manager.CloneAsync(second.Id, "third");
        await host.Manager.CheckpointAsync(second.Id, "c", replace: true);
        await host.Manager.RemoveAsync(first.Id);
        Assert.Equal("b\n", await CheckpointTests.DoAsync(host, third, "cat ~/f"));
        await host.Manager.RestoreAsync(second.Id, "c", force: true);
        await host.Manager.RemoveAsync(second.Id);
        Assert.Equal("b\n", await CheckpointTests.DoAsync(host, third, "cat ~/f"));
        await host.Manager.RemoveAsync(third.Id);
        Assert.Empty(await ImagesAsync(host));
    }

    [Fact]
    public async Task The_checkpoints_of_a_sandbox_that_somebody_removed_by_hand_go_with_the_next_look()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Docker"), kept = await host.CreateAsync("Docker");
        await host.Manager.CheckpointAsync(sandbox.Id, "one");
        await host.Manager.CheckpointAsync(kept.Id, "one");
        await TestEngine.Client.RemoveContainerAsync(sandbox.Id, CancellationToken.None);
        Assert.Equal(kept.Id, Assert.Single(host.Manager.List()).Id);
        Assert.Single(await ImagesAsync(host));
        Assert.Single(await host.Manager.GetCheckpointsAsync(kept.Id));
    }

    [Fact]
    public async Task What_no_image_can_keep_is_refused()
    {
        await using var host = new SandboxHost();
        string image = await TestImages.BusyboxAsync(DockerEndpointResolver.Resolve(), "VOLUME /data");
        try
        {
            Sandbox sandbox = await host.CreateAsync("Docker", s => s with { Image = image });
            SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.Manager.CheckpointAsync(sandbox.Id, "one"));
            Assert.Equal(SandboxErrorId.CheckpointNotSupported, e.ErrorId);
            Assert.Contains("/data", e.Message, StringComparison.Ordinal);
            Assert.Equal(SandboxErrorId.CheckpointNotSupported, await CheckpointFaultTests.FailAsync(() => host.Manager.CloneAsync(sandbox.Id)));
            await host.Manager.RemoveAsync(sandbox.Id);
        }
        finally
        {
            await TestImages.RemoveAsync(DockerEndpointResolver.Resolve(), image);
        }
    }

    [Theory, InlineData("Docker"), InlineData("GVisor")]
    public async Task A_killed_checkpoint_leaves_the_sandbox_running_and_no_half_of_it(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        await CheckpointTests.DoAsync(host, sandbox, Big);
        bool cut = false;
        for (int delay = 0; delay < 6; delay++)
        {
            using Process taker = CheckpointFaultTests.Start(host, "checkpoint", sandbox.Id, $"k{delay}");
            await CheckpointTests.WaitForAsync(async () => taker.HasExited || (await InspectAsync(host, sandbox))?.State?.Status == "paused");
            await Task.Delay(delay * 60);
            cut |= !taker.HasExited;
            taker.Kill();
            await taker.WaitForExitAsync();
            await CheckpointTests.WaitForAsync(async () => host.Manager.Get(sandbox.Id).State == SandboxState.Running && (await InspectAsync(host, sandbox))?.State?.Status == "running");
            Assert.Equal("well\n", await CheckpointTests.DoAsync(host, sandbox, "echo well"));
        }

        Assert.True(cut, "None was killed on the way: the test shows nothing.");
        // An image that came after its maker was killed has no name, and goes.
        await CheckpointTests.WaitForAsync(async () =>
        {
            _ = host.Manager.List();
            return (await ImagesAsync(host)).Count == (await host.Manager.GetCheckpointsAsync(sandbox.Id)).Count;
        });
        foreach (SandboxCheckpoint complete in await host.Manager.GetCheckpointsAsync(sandbox.Id))
        {
            await host.Manager.RestoreAsync(sandbox.Id, complete.Name, force: true);
            Assert.Equal("62914560\n", await CheckpointTests.DoAsync(host, sandbox, "find ~/big -printf '%s\\n'"));
        }
    }

    [Theory, InlineData("Docker"), InlineData("GVisor")]
    public async Task A_killed_restore_leaves_the_old_files_or_the_new_ones(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        await CheckpointTests.DoAsync(host, sandbox, "echo old > ~/f");
        await host.Manager.CheckpointAsync(sandbox.Id, "old");
        string restoring = ContainerLabels.RestoringName(ContainerLabels.ScopeOf(host.Home), sandbox.Name);
        for (int delay = 0; delay < 10; delay++)
        {
            await CheckpointTests.DoAsync(host, sandbox, "echo new > ~/f");
            using Process restorer = CheckpointFaultTests.Start(host, "restore", sandbox.Id, "old", "--force");
            await CheckpointTests.WaitForAsync(async () => restorer.HasExited || await TestEngine.Client.InspectContainerAsync(restoring, CancellationToken.None) is not null);
            await Task.Delay(delay * 20);
            restorer.Kill();
            await restorer.WaitForExitAsync();
            await CheckpointTests.WaitForAsync(async () => (await host.Manager.StartAsync(sandbox.Id)).State == SandboxState.Running && await CheckpointFaultTests.AnswersAsync(host, sandbox));
            Assert.Contains(await CheckpointTests.DoAsync(host, sandbox, "cat ~/f"), new[] { "old\n", "new\n" });
            Assert.Equal(sandbox.Id, Assert.Single(host.Manager.List()).Id);
            await CheckpointTests.WaitForAsync(async () =>
            {
                _ = host.Manager.List();
                return await TestEngine.Client.InspectContainerAsync(restoring, CancellationToken.None) is null;
            });
        }
    }

    /// <summary>Both states that a kill can leave, made by hand, since the moment between them is short.</summary>
    [Theory, InlineData(false, true), InlineData(true, true), InlineData(true, false)]
    public async Task What_a_killed_restore_left_is_undone_or_completed_by_the_next_look(bool hasLeft, bool hasNext)
    {
        bool isDecided = hasLeft && hasNext;
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Docker", s => s with { Name = "box" });
        await CheckpointTests.DoAsync(host, sandbox, "echo old > ~/f");
        await host.Manager.CheckpointAsync(sandbox.Id, "old");
        await CheckpointTests.DoAsync(host, sandbox, "echo new > ~/f");
        string scope = ContainerLabels.ScopeOf(host.Home), restoring = ContainerLabels.RestoringName(scope, "box");
        ContainerInspect current = (await InspectAsync(host, sandbox))!;
        ContainerRecord record = ContainerLabels.TryRead(scope, current.Config!.Labels, [current.Name])! with { SandboxId = sandbox.Id, Creator = new Creator(Creator.Current!.System, 1, "0") };
        var request = new ContainerCreate
        {
            Image = Assert.Single(await ImagesAsync(host)).Id, Entrypoint = ["/.agentsandbox/guest"], Cmd = ["serve", "--stdio", "--self", "/.agentsandbox/guest"], OpenStdin = true, AttachStdin = true, AttachStdout = true, AttachStderr = true,
            User = record.User, Labels = ContainerLabels.Write(scope, record), HostConfig = current.HostConfig!,
        };
        if (hasNext)
        {
            await TestEngine.Client.CreateContainerAsync(restoring, request, CancellationToken.None);
        }

        if (hasLeft)
        {
            await TestEngine.Client.RenameContainerAsync(current.Id, ContainerLabels.ReplacedName(scope, "box"), CancellationToken.None);
        }

        await using var other = new SandboxManager(host.Home);
        foreach (Sandbox seen in new[] { other.Get("box"), other.Get(sandbox.Id), Assert.Single(other.List()) })
        {
            Assert.Equal((sandbox.Id, isDecided ? SandboxState.Stopped : SandboxState.Running), (seen.Id, seen.State));
        }

        Assert.Null(await TestEngine.Client.InspectContainerAsync(restoring, CancellationToken.None));
        Assert.Null(await TestEngine.Client.InspectContainerAsync(ContainerLabels.ReplacedName(scope, "box"), CancellationToken.None));
        await other.StartAsync(sandbox.Id);
        Assert.Equal(isDecided ? "old\n" : "new\n", (await other.RunAsync(sandbox.Id, CommandSpecification.Shell("cat ~/f"))).StandardOutput);
    }

    [Fact]
    public async Task A_killed_copy_leaves_nothing_of_the_new_sandbox_after_the_next_look()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Docker");
        await CheckpointTests.DoAsync(host, sandbox, Big);
        for (int delay = 0; delay < 6; delay++)
        {
            using Process copier = CheckpointFaultTests.Start(host, "clone", sandbox.Id, "half");
            await CheckpointTests.WaitForAsync(async () => copier.HasExited || (await InspectAsync(host, sandbox))?.State?.Status == "paused");
            await Task.Delay(delay * 150);
            copier.Kill();
            await copier.WaitForExitAsync();
            await CheckpointTests.WaitForAsync(async () => (await InspectAsync(host, sandbox))?.State?.Status == "running" && host.Manager.List().All(s => s.State == SandboxState.Running));
            foreach (Sandbox made in host.Manager.List().Where(s => s.Id != sandbox.Id))
            {
                await host.Manager.RemoveAsync(made.Id);
            }

            await CheckpointTests.WaitForAsync(async () => host.Manager.List().Count == 1 && (await ImagesAsync(host)).Count == 0);
            Assert.Equal("well\n", await CheckpointTests.DoAsync(host, sandbox, "echo well"));
        }
    }

    [Theory, InlineData("Docker"), InlineData("GVisor")]
    public async Task Cancelling_leaves_nothing_and_the_sandbox_runs_on(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        await CheckpointTests.DoAsync(host, sandbox, Big);
        using var cancel = new CancellationTokenSource();
        Task<SandboxCheckpoint> taking = host.Manager.CheckpointAsync(sandbox.Id, "cut", cancellationToken: cancel.Token);
        await CheckpointTests.WaitForAsync(async () => taking.IsCompleted || (await InspectAsync(host, sandbox))?.State?.Status == "paused");
        Assert.False(taking.IsCompleted);

        // While it is copied, others see a sandbox that runs, and a command waits.
        await using var other = new SandboxManager(host.Home);
        Assert.Equal(SandboxState.Running, other.Get(sandbox.Id).State);
        Assert.Equal("waited\n", (await other.RunAsync(sandbox.Id, CommandSpecification.Shell("echo waited"))).StandardOutput);
        await cancel.CancelAsync();
        try
        {
            await taking;
        }
        catch (OperationCanceledException)
        {
            Assert.Empty(await host.Manager.GetCheckpointsAsync(sandbox.Id));
            Assert.Empty(await ImagesAsync(host));
        }

        Assert.Equal("well\n", await CheckpointTests.DoAsync(host, sandbox, "echo well"));
        using var before = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Manager.CheckpointAsync(sandbox.Id, "other", progress: new CheckpointFaultTests.Immediate(_ => before.Cancel()), cancellationToken: before.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Manager.CloneAsync(sandbox.Id, "other", new CheckpointFaultTests.Immediate(_ => before.Cancel()), before.Token));
        Assert.Equal(sandbox.Id, Assert.Single(host.Manager.List()).Id);
    }

    [Fact]
    public async Task A_sandbox_that_ends_meanwhile_gives_no_checkpoint()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Docker");
        await CheckpointTests.DoAsync(host, sandbox, Big);
        Task<SandboxCheckpoint> taking = host.Manager.CheckpointAsync(sandbox.Id, "dead");
        await CheckpointTests.WaitForAsync(async () => taking.IsCompleted || (await InspectAsync(host, sandbox))?.State?.Status == "paused");
        Run("docker", "kill", sandbox.Id);
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => taking);
        Assert.Contains(e.ErrorId, new[] { SandboxErrorId.CheckpointFailed, SandboxErrorId.EngineFailed });
        Assert.Empty(await host.Manager.GetCheckpointsAsync(sandbox.Id));
        Assert.Empty(await ImagesAsync(host));
    }

    [Fact]
    public async Task The_time_to_live_holds_after_a_restore()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Docker", s => s with { TimeToLive = TimeSpan.FromSeconds(8) });
        await host.Manager.CheckpointAsync(sandbox.Id, "one");
        await host.Manager.RestoreAsync(sandbox.Id, "one", force: true);
        await host.NothingIsLeftOfAsync(sandbox, TimeSpan.FromSeconds(60));
        await CheckpointTests.WaitForAsync(async () => (await ImagesAsync(host)).Count == 0); // By the keeper alone.
    }

    [Fact]
    public async Task Many_at_once_each_keep_their_own()
    {
        await using var host = new SandboxHost();
        Sandbox[] all = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => host.CreateAsync("Docker")));
        await Task.WhenAll(all.SelectMany((s, i) => Enumerable.Range(0, 4).Select(async n =>
        {
            await CheckpointTests.DoAsync(host, s, $"echo {i} > ~/f");
            await host.Manager.CheckpointAsync(s.Id, $"c{n}");
        })));
        await Task.WhenAll(all.Select(s => host.Manager.RestoreAsync(s.Id, "c3", force: true)));
        for (int i = 0; i < all.Length; i++)
        {
            Assert.Equal($"{i}\n", await CheckpointTests.DoAsync(host, all[i], "cat ~/f"));
            Assert.Equal(4, (await host.Manager.GetCheckpointsAsync(all[i].Id)).Count);
        }
    }

    private static async Task<ContainerInspect?> InspectAsync(SandboxHost host, Sandbox sandbox) =>
        await TestEngine.Client.InspectContainerAsync(ContainerLabels.ContainerName(ContainerLabels.ScopeOf(host.Home), sandbox.Name), CancellationToken.None);

    /// <summary>All images of a state folder, with a name and without.</summary>
    private static Task<IReadOnlyList<ImageSummary>> ImagesAsync(SandboxHost host) =>
        TestEngine.Client.ListImagesAsync(Snapshot.Filter(ContainerLabels.ScopeOf(host.Home), null), CancellationToken.None);

    private static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
