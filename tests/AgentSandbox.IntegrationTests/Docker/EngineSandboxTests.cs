using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Endpoint;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.IntegrationTests.Behaviour;

namespace AgentSandbox.IntegrationTests.Docker;

/// <summary>What the machine's real engine is asked for, and what others do there.</summary>
public sealed class EngineSandboxTests : IAsyncLifetime
{
    private static readonly DockerEndpoint s_endpoint = DockerEndpointResolver.Resolve();
    private readonly List<string> _images = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (string image in _images)
        {
            await TestImages.RemoveAsync(s_endpoint, image);
        }
    }

    [Fact]
    public async Task Containers_that_are_not_ours_are_never_touched()
    {
        await using var host = new SandboxHost();
        string image = await BusyboxAsync();
        string scope = ContainerLabels.ScopeOf(host.Home);
        string name = ContainerLabels.ContainerName(scope, "taken");
        // One with our name, one with our labels under a name that does not fit them.
        string[] foreign =
        [
            await ForeignAsync(image, name, []),
            await ForeignAsync(image, name + "-2", new() { [ContainerLabels.Version] = "1", [ContainerLabels.Scope] = scope, [ContainerLabels.Name] = "taken", ["agentsandbox.record"] = "{\"Name\":\"taken\"}" }),
        ];
        try
        {
            SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.CreateAsync("Docker", s => s with { Image = image, Name = "Taken" }));
            Assert.Equal(SandboxErrorId.NameInUse, e.ErrorId);
            Assert.Contains(name, e.Message, StringComparison.Ordinal);
            Assert.Empty(host.Manager.List());
            foreach (string id in foreign.Select(f => f[..12]).Append("taken"))
            {
                Assert.Equal(SandboxErrorId.SandboxNotFound, Assert.Throws<SandboxException>(() => host.Manager.Get(id)).ErrorId);
                Assert.Equal(SandboxErrorId.SandboxNotFound, (await Assert.ThrowsAsync<SandboxException>(() => host.Manager.RemoveAsync(id))).ErrorId);
                Assert.Equal(SandboxErrorId.SandboxNotFound, (await Assert.ThrowsAsync<SandboxException>(() => host.Manager.RunAsync(id, CommandSpecification.Shell("true")))).ErrorId);
            }

            Assert.All(foreign, f => Assert.True(TestEngine.Has(f)));
        }
        finally
        {
            foreach (string id in foreign)
            {
                await TestEngine.Client.RemoveContainerAsync(id, CancellationToken.None);
            }
        }
    }

    [Theory]
    [InlineData("Docker")]
    [InlineData("GVisor")]
    public async Task What_others_do_to_a_container_is_told_as_it_is(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { Name = "box" });
        await TestEngine.Client.StopContainerAsync(sandbox.Id, TimeSpan.FromSeconds(10), CancellationToken.None);
        Assert.Equal(SandboxState.Stopped, host.Manager.Get("box").State);
        Assert.Equal(SandboxErrorId.SandboxNotRunning, (await Assert.ThrowsAsync<SandboxException>(() => host.ShellAsync(sandbox, "true"))).ErrorId);

        await TestEngine.Client.RemoveContainerAsync(sandbox.Id, CancellationToken.None);
        Assert.Equal(SandboxErrorId.SandboxNotFound, (await Assert.ThrowsAsync<SandboxException>(() => host.ShellAsync(sandbox, "true"))).ErrorId);
        Assert.Equal(SandboxErrorId.SandboxNotFound, Assert.Throws<SandboxException>(() => host.Manager.Get("box")).ErrorId);
        Assert.Equal("again\n", (await host.ShellAsync(await host.CreateAsync(backend, s => s with { Name = "box" }), "echo again")).StandardOutput);
    }

    [Fact]
    public async Task An_image_that_is_removed_is_missed_by_new_sandboxes_only()
    {
        await using var host = new SandboxHost();
        string image = await BusyboxAsync();
        Sandbox sandbox = await host.CreateAsync("Docker", s => s with { Image = image });
        await host.ShellAsync(sandbox, "echo kept > /tmp/f");
        Assert.Equal(409, (await Assert.ThrowsAsync<DockerEngineException>(() => TestEngine.Client.RemoveImageAsync(image, CancellationToken.None))).StatusCode);
        await host.Manager.StopAsync(sandbox.Id);
        await host.Manager.StartAsync(sandbox.Id);
        Assert.Equal("kept\n", (await host.ShellAsync(sandbox, "cat /tmp/f")).StandardOutput);

        await host.Manager.RemoveAsync(sandbox.Id);
        await TestImages.RemoveAsync(s_endpoint, image);
        _images.Remove(image);
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.CreateAsync("Docker", s => s with { Image = image, NoPull = true }));
        Assert.Equal(SandboxErrorId.ImagePullFailed, e.ErrorId);
        Assert.Empty(host.Manager.List());
    }

    [Theory]
    [InlineData("Docker")]
    [InlineData("GVisor")]
    public async Task An_image_without_a_shell_or_accounts_works(string backend)
    {
        await using var host = new SandboxHost();
        _images.Add(await TestImages.DistrolessAsync(s_endpoint));
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { Image = _images[0] });
        CommandResult result = await host.Manager.RunAsync(sandbox.Id, new CommandSpecification { Arguments = ["/bin/busybox", "id"] });
        Assert.Equal("uid=65532 gid=65532", result.StandardOutput.Trim().Split(" groups")[0]);
        Assert.Equal(SandboxErrorId.CommandNotFound, (await Assert.ThrowsAsync<SandboxException>(() => host.ShellAsync(sandbox, "true"))).ErrorId);
        string file = Path.Combine(Directory.CreateDirectory(host.Root).FullName, "f");
        await File.WriteAllTextAsync(file, "copied");
        Assert.Equal(SandboxErrorId.CopyFailed, (await Assert.ThrowsAsync<SandboxException>(() => host.Manager.CopyToAsync(sandbox.Id, file, "/nowhere"))).ErrorId);
    }

    [Fact]
    public async Task What_an_image_says_is_kept_but_for_its_entry_point_its_health_check_and_root()
    {
        await using var host = new SandboxHost();
        string image = await BusyboxAsync("ENV FROM_IMAGE=yes PATH=/bin:/data", "WORKDIR /data", "USER app", "ENTRYPOINT [\"/bin/false\"]", "HEALTHCHECK CMD touch /tmp/health", "VOLUME /volume");
        Sandbox sandbox = await host.CreateAsync("Docker", s => s with { Image = image, Environment = new Dictionary<string, string> { ["MINE"] = "too" } });
        Assert.Equal("yes too /data /bin:/data\nuid=1234(app)", (await host.ShellAsync(sandbox, "echo $FROM_IMAGE $MINE $PWD $PATH; id")).StandardOutput.Split(" gid")[0]);

        string root = await BusyboxAsync("USER root");
        Sandbox never = await host.CreateAsync("Docker", s => s with { Image = root });
        Assert.StartsWith("uid=65532 ", (await host.ShellAsync(never, "id")).StandardOutput, StringComparison.Ordinal);
        Assert.Equal("/tmp\n", (await host.ShellAsync(never, "echo $HOME")).StandardOutput);
        Assert.StartsWith("uid=0(root) ", (await host.Manager.RunAsync(never.Id, CommandSpecification.Shell("id") with { User = "root" })).StandardOutput, StringComparison.Ordinal);
        Assert.Equal(SandboxErrorId.UserNotFound, (await Assert.ThrowsAsync<SandboxException>(() => host.Manager.RunAsync(never.Id, CommandSpecification.Shell("id") with { User = "nobodyhere" }))).ErrorId);
        Assert.Equal(SandboxErrorId.UserNotFound, (await Assert.ThrowsAsync<SandboxException>(() => host.CreateAsync("Docker", s => s with { Image = root, User = "nobodyhere" }))).ErrorId);

        await host.Manager.RemoveAsync(sandbox.Id);
        await host.Manager.RemoveAsync(never.Id);
    }

    [Fact]
    public async Task An_image_that_can_not_be_pulled_is_an_error_that_names_it_and_leaves_nothing()
    {
        await using var host = new SandboxHost();
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.CreateAsync("Docker", s => s with { Image = "localhost:1/no/such:image" }));
        Assert.Equal(SandboxErrorId.ImagePullFailed, e.ErrorId);
        Assert.Contains("localhost:1/no/such:image", e.Message, StringComparison.Ordinal);
        Assert.Empty(host.Manager.List());
        Assert.Equal(SandboxErrorId.ImageNotFound, (await Assert.ThrowsAsync<SandboxException>(() => host.CreateAsync("Docker", s => s with { Image = "../../etc" }))).ErrorId);
    }

    [Fact]
    public async Task An_image_of_ours_is_imported_once_for_the_same_content()
    {
        await using var host = new SandboxHost();
        string tree = Directory.CreateDirectory(Path.Combine(host.Root, "tree")).FullName;
        foreach (string folder in new[] { "bin", "etc", "usr", "tmp" })
        {
            Directory.CreateDirectory(Path.Combine(tree, folder));
        }

        File.Copy("/bin/busybox", Path.Combine(tree, "bin/sh"));
        await host.Manager.Images.CreateFromDirectoryAsync("one", tree);
        await host.Manager.Images.CreateFromDirectoryAsync("two", tree);
        var steps = new List<string>();
        Sandbox first = await host.Manager.CreateAsync(new SandboxSpecification { Backend = "Docker", Image = "one" }, new Recorder(steps));
        Assert.Contains(steps, s => s.Contains("importing", StringComparison.Ordinal));
        Sandbox second = await host.CreateAsync("Docker", s => s with { Image = "two" });
        ContainerInspect?[] containers = [await TestEngine.Client.InspectContainerAsync(first.Id, CancellationToken.None), await TestEngine.Client.InspectContainerAsync(second.Id, CancellationToken.None)];
        Assert.Equal(containers[0]!.Image, containers[1]!.Image);
        _images.Add(containers[0]!.Image!);
        Assert.Equal("hi\n", (await host.ShellAsync(second, "echo hi")).StandardOutput);
        await host.Manager.RemoveAsync(first.Id);
        await host.Manager.RemoveAsync(second.Id);
    }

    [Fact]
    public async Task A_paused_container_does_not_outlive_its_time()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Docker", s => s with { TimeToLive = TimeSpan.FromSeconds(4) });
        Images.ImageTestStore.Run("docker", "pause", sandbox.Id);
        Assert.Equal(SandboxState.Failed, host.Manager.Get(sandbox.Id).State);
        await host.NothingIsLeftOfAsync(sandbox, TimeSpan.FromSeconds(30));
    }

    private async Task<string> BusyboxAsync(params string[] changes)
    {
        _images.Add(await TestImages.BusyboxAsync(s_endpoint, changes));
        return _images[^1];
    }

    private static async Task<string> ForeignAsync(string image, string name, Dictionary<string, string> labels) =>
        (await TestEngine.Client.CreateContainerAsync(name, new ContainerCreate { Image = image, Cmd = ["/bin/sleep", "1000"], Labels = labels, HostConfig = new HostConfig { NetworkMode = "none" } }, CancellationToken.None)).Id;

    private sealed class Recorder(List<string> steps) : IProgress<SandboxProgress>
    {
        public void Report(SandboxProgress value)
        {
            lock (steps)
            {
                steps.Add(value.Status);
            }
        }
    }
}
