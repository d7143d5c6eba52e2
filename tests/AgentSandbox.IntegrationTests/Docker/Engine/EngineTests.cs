using System.Formats.Tar;
using System.Text;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Endpoint;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.IntegrationTests.Docker.Engine;

public sealed class EngineTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    private DockerEngine Engine => fixture.Engine;

    private static CancellationToken Soon => EngineFixture.Soon;

    [Fact]
    public async Task Ping_and_info_say_what_the_engine_is()
    {
        EnginePing ping = await Engine.PingAsync(Soon);
        Assert.InRange(ping.ApiVersion, new Version(1, 40), new Version(1, 47));
        Assert.Equal("linux", ping.OSType);
        EngineInfo info = await Engine.GetInfoAsync(Soon);
        Assert.Equal("linux", info.OSType);
        Assert.Contains("runc", info.Runtimes!.Keys);
        Assert.True(info.MemTotal > 0);
        Assert.False(string.IsNullOrEmpty(info.ServerVersion));
    }

    [Fact]
    public async Task An_imported_image_has_what_was_asked_for_and_is_listed_by_its_label()
    {
        ImageInspect? image = await Engine.InspectImageAsync(fixture.Image, Soon);
        Assert.Equal(fixture.ImageId, image!.Id);
        Assert.Contains("GREETING=hello", image.Config!.Env!);
        Assert.Equal("linux", image.Os);
        ImageSummary listed = Assert.Single(await Engine.ListImagesAsync([fixture.RunLabel], Soon));
        Assert.Equal(fixture.ImageId, listed.Id);
        Assert.Equal(image.Id, (await Engine.InspectImageAsync(fixture.ImageId, Soon))!.Id);
    }

    [Theory]
    [InlineData("agentsandbox-no-such-image")]
    [InlineData("UPPER")]
    [InlineData("../../info")]
    [InlineData("a?b=c")]
    [InlineData("")]
    public async Task An_image_that_is_not_there_is_null_and_can_be_removed(string name)
    {
        Assert.Null(await Engine.InspectImageAsync(name, Soon));
        await Engine.RemoveImageAsync(name, Soon);
    }

    [Fact]
    public async Task What_is_no_archive_can_not_be_imported()
    {
        DockerEngineException error = await Assert.ThrowsAsync<DockerEngineException>(
            () => Engine.ImportImageAsync(new MemoryStream(Encoding.ASCII.GetBytes(new string('x', 5000))), "agentsandbox-no-archive", "v1", [], Soon));
        Assert.NotEmpty(error.Message);
        Assert.Null(await Engine.InspectImageAsync("agentsandbox-no-archive:v1", Soon));
    }

    [Fact]
    public async Task Attach_before_the_start_misses_no_byte_and_keeps_the_streams_apart()
    {
        string id = await fixture.CreateAsync("echo first; echo wrong >&2; /bin/busybox cat; exit 7");
        await using MultiplexedStream streams = await Engine.AttachContainerAsync(id, Soon);
        await Engine.StartContainerAsync(id, Soon);
        await streams.WriteAsync("given"u8.ToArray(), Soon);
        await streams.CloseWriteAsync(Soon);
        (byte[] output, byte[] error) = await EngineFixture.ReadAllAsync(streams);
        Assert.Equal("first\ngiven", Encoding.UTF8.GetString(output));
        Assert.Equal("wrong\n", Encoding.UTF8.GetString(error));
        ContainerInspect? container = await Engine.InspectContainerAsync(id, Soon);
        while (container!.State!.Running)
        {
            await Task.Delay(20, Soon);
            container = await Engine.InspectContainerAsync(id, Soon);
        }

        Assert.Equal(7, container.State.ExitCode);
        Assert.Equal(["ALL"], container.HostConfig!.CapDrop!);
        await Engine.RemoveContainerAsync(id, Soon);
        Assert.Null(await Engine.InspectContainerAsync(id, Soon));
    }

    [Fact]
    public async Task A_megabyte_of_anything_goes_through_an_exec_and_back()
    {
        byte[] bytes = new byte[1024 * 1024 + 13];
        Random.Shared.NextBytes(bytes);
        string id = await fixture.RunAsync();
        (byte[] output, byte[] error, int? code) = await fixture.ExecAsync(id, "/bin/busybox cat; exit 42", bytes);
        Assert.True(bytes.AsSpan().SequenceEqual(output));
        Assert.Empty(error);
        Assert.Equal(42, code);
        await Engine.RemoveContainerAsync(id, Soon);
    }

    [Fact]
    public async Task A_process_that_does_not_read_its_input_ends_the_streams_without_an_error()
    {
        string id = await fixture.RunAsync();
        ExecCreate request = new() { Cmd = ["/bin/busybox", "sh", "-c", "echo done"], AttachStdin = true };
        await using MultiplexedStream streams = await Engine.StartExecAsync(await Engine.CreateExecAsync(id, request, Soon), Soon);
        Task writing = Task.Run(async () =>
        {
            byte[] chunk = new byte[64 * 1024];
            for (int i = 0; i < 64; i++)
            {
                await streams.WriteAsync(chunk, Soon);
            }
        });
        (byte[] output, _) = await EngineFixture.ReadAllAsync(streams);
        Assert.Equal("done\n", Encoding.UTF8.GetString(output));
        await streams.DisposeAsync();
        // Whether the engine swallowed it all or closed the connection first is its business; what must not be is a hang.
        Assert.False(await Record.ExceptionAsync(() => writing.WaitAsync(Soon)) is OperationCanceledException);
        await Engine.RemoveContainerAsync(id, Soon);
    }

    [Fact]
    public async Task Starting_twice_and_stopping_twice_is_fine_and_missing_ones_are_errors()
    {
        string id = await fixture.RunAsync();
        await Engine.StartContainerAsync(id, Soon);
        await Engine.StopContainerAsync(id, TimeSpan.FromSeconds(10), Soon);
        await Engine.StopContainerAsync(id, TimeSpan.FromSeconds(10), Soon);
        Assert.Equal("exited", (await Engine.InspectContainerAsync(id, Soon))!.State!.Status);
        await Engine.RemoveContainerAsync(id, Soon);
        await Engine.RemoveContainerAsync(id, Soon);
        Assert.Equal(404, (await Assert.ThrowsAsync<DockerEngineException>(() => Engine.StartContainerAsync(id, Soon))).StatusCode);
        DockerEngineException attach = await Assert.ThrowsAsync<DockerEngineException>(() => Engine.AttachContainerAsync(id, Soon));
        Assert.Equal(404, attach.StatusCode);
        Assert.Contains(id, attach.Message, StringComparison.Ordinal);
        Assert.Equal(404, (await Assert.ThrowsAsync<DockerEngineException>(() => Engine.StartExecAsync("0123", Soon))).StatusCode);
        Assert.Null(await Engine.InspectExecAsync("0123", Soon));
    }

    [Fact]
    public async Task A_name_in_use_is_a_conflict_and_so_is_an_exec_in_a_stopped_container()
    {
        string id = await fixture.CreateAsync();
        string name = (await Engine.InspectContainerAsync(id, Soon))!.Name!.TrimStart('/');
        ContainerCreate request = new() { Image = fixture.Image, Cmd = ["/bin/busybox"], HostConfig = new() };
        Assert.Equal(409, (await Assert.ThrowsAsync<DockerEngineException>(() => Engine.CreateContainerAsync(name, request, Soon))).StatusCode);
        Assert.Equal(409, (await Assert.ThrowsAsync<DockerEngineException>(() => Engine.CreateExecAsync(id, new() { Cmd = ["x"] }, Soon))).StatusCode);
        Assert.Equal(404, (await Assert.ThrowsAsync<DockerEngineException>(
            () => Engine.CreateContainerAsync(name + "x", request with { Image = "agentsandbox-no-such-image" }, Soon))).StatusCode);
        await Engine.RemoveContainerAsync(id, Soon);
    }

    [Fact]
    public async Task Isolation_that_a_Linux_engine_has_not_is_refused_in_its_words()
    {
        ContainerCreate request = new() { Image = fixture.Image, Cmd = ["/bin/busybox"], HostConfig = new() { Isolation = "hyperv" } };
        DockerEngineException error = await Assert.ThrowsAsync<DockerEngineException>(() => Engine.CreateContainerAsync($"agentsandbox-{Guid.NewGuid():N}", request, Soon));
        // 400, or 500 as Docker 20.10 has it.
        Assert.InRange(error.StatusCode, 400, 500);
        Assert.Contains("invalid isolation", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Containers_are_listed_by_label_whatever_their_state()
    {
        string created = await fixture.CreateAsync(), running = await fixture.RunAsync();
        IReadOnlyList<ContainerSummary> all = await Engine.ListContainersAsync([fixture.RunLabel], Soon);
        Assert.Equal("created", Assert.Single(all, c => c.Id == created).State);
        Assert.Equal("running", Assert.Single(all, c => c.Id == running).State);
        Assert.Empty(await Engine.ListContainersAsync([fixture.RunLabel, "agentsandbox.enginetests.no"], Soon));
        await Task.WhenAll(Enumerable.Repeat(0, 3).Select(_ => Engine.RemoveContainerAsync(running, Soon)));
        Assert.Null(await Engine.InspectContainerAsync(running, Soon));
        await Engine.RemoveContainerAsync(created, Soon);
    }

    [Fact]
    public async Task Statistics_are_those_of_a_running_container()
    {
        string id = await fixture.RunAsync();
        ContainerStats? stats = await Engine.GetStatsAsync(id, Soon);
        Assert.True(stats!.MemoryUsage > 0);
        Assert.True(stats.CpuTime > TimeSpan.Zero);
        Assert.True(stats.Pids > 0);
        await Engine.StopContainerAsync(id, TimeSpan.Zero, Soon);
        Assert.Null(await Engine.GetStatsAsync(id, Soon));
        await Engine.RemoveContainerAsync(id, Soon);
    }

    [Fact]
    public async Task An_archive_goes_in_and_comes_out()
    {
        byte[] content = new byte[300_000];
        Random.Shared.NextBytes(content);
        MemoryStream tar = new();
        using (TarWriter writer = new(tar, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "a file") { DataStream = new MemoryStream(content) });
        }

        tar.Position = 0;
        string id = await fixture.CreateAsync();
        await Engine.PutArchiveAsync(id, "/tmp", tar, Soon);
        using (Stream stream = await Engine.GetArchiveAsync(id, "/tmp/a file", Soon))
        {
            using TarReader reader = new(stream);
            TarEntry entry = (await reader.GetNextEntryAsync(copyData: true))!;
            MemoryStream back = new();
            await entry.DataStream!.CopyToAsync(back);
            Assert.True(content.AsSpan().SequenceEqual(back.ToArray()));
        }

        tar.Position = 0;
        Assert.Equal(404, (await Assert.ThrowsAsync<DockerEngineException>(() => Engine.PutArchiveAsync(id, "/no/such", tar, Soon))).StatusCode);
        Assert.True(tar.CanRead);
        Assert.Equal(404, (await Assert.ThrowsAsync<DockerEngineException>(() => Engine.GetArchiveAsync(id, "/no/such", Soon))).StatusCode);
        await Engine.RemoveContainerAsync(id, Soon);
    }

    [Fact]
    public async Task A_pull_that_fails_has_the_engine_s_words()
    {
        SandboxException error = await Assert.ThrowsAsync<SandboxException>(
            () => Engine.PullImageAsync("127.0.0.1:1/agentsandbox/none:v1", null, Soon));
        Assert.Equal(SandboxErrorId.ImagePullFailed, error.ErrorId);
        Assert.Contains("refused", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_engine_is_the_error_says_what_to_do()
    {
        using DockerEngine nobody = new(new("unix:///run/agentsandbox-no-engine.sock", null, "DOCKER_HOST", false), DockerCliSurroundings.Current);
        SandboxException error = await Assert.ThrowsAsync<SandboxException>(() => nobody.GetInfoAsync(Soon));
        Assert.Equal(SandboxErrorId.EngineUnreachable, error.ErrorId);
        Assert.Contains("no such socket", error.Message, StringComparison.Ordinal);
        Assert.Contains("DOCKER_HOST", error.Message, StringComparison.Ordinal);
    }
}
