using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Tests.Connection;
using AgentSandbox.Tests.Docker.StandIn;

namespace AgentSandbox.Tests.Docker.Engine;

public sealed class EngineErrorTests
{
    [Theory]
    [InlineData("""{"message":"no\nsuch \u001b[31mthing"}""", "no such \uFFFD[31mthing")]
    [InlineData("<html>bad\r\ngateway", "<html>bad gateway")]
    [InlineData("", "Whatever")]
    [InlineData("{}", "{}")]
    public async Task An_error_is_the_engine_s_words_on_one_line(string body, string message)
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("GET", "/info", body, 500).On("POST", "/exec/x/start", body, 500);
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        DockerEngineException error = await Assert.ThrowsAsync<DockerEngineException>(() => client.GetInfoAsync(EngineClient.Soon));
        Assert.Equal((500, message), (error.StatusCode, error.Message));
        error = await Assert.ThrowsAsync<DockerEngineException>(() => client.StartExecAsync("x", EngineClient.Soon));
        Assert.Equal((500, message), (error.StatusCode, error.Message));
    }

    [Fact]
    public async Task An_endless_error_is_cut()
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("GET", "/info", new string('x', 500_000), 500).On("POST", "/exec/x/start", async (_, connection) =>
        {
            await connection.BeginChunksAsync(409);
            while (!connection.CancellationToken.IsCancellationRequested)
            {
                await connection.ChunkAsync(new string('y', 10_000));
            }
        });
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        Assert.InRange((await Assert.ThrowsAsync<DockerEngineException>(() => client.GetInfoAsync(EngineClient.Soon))).Message.Length, 100, 600);
        DockerEngineException error = await Assert.ThrowsAsync<DockerEngineException>(() => client.StartExecAsync("x", EngineClient.Soon));
        Assert.Equal(409, error.StatusCode);
        Assert.StartsWith("yyyy", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"Id":5}""")]
    [InlineData("{}")]
    [InlineData("")]
    public async Task An_answer_that_no_engine_gives_is_an_error(string body)
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("GET", "/containers/x/json", body);
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        Assert.Equal(0, (await Assert.ThrowsAsync<DockerEngineException>(() => client.InspectContainerAsync("x", EngineClient.Soon))).StatusCode);
    }

    [Fact]
    public async Task An_endless_list_is_refused()
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("GET", "/containers/json", async (_, connection) =>
        {
            await connection.BeginChunksAsync();
            string blank = new(' ', 1_000_000);
            while (!connection.CancellationToken.IsCancellationRequested)
            {
                await connection.ChunkAsync(blank);
            }
        });
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        Assert.Contains("64 MiB", (await Assert.ThrowsAsync<DockerEngineException>(() => client.ListContainersAsync([], EngineClient.Soon))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_dies_within_an_answer_is_unreachable()
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket()
            .On("GET", "/info", async (_, connection) =>
            {
                await connection.BeginChunksAsync();
                await connection.ChunkAsync("{");
                await connection.CloseAsync();
            })
            .On("POST", "/containers/x/start", (_, connection) => connection.CloseAsync())
            .On("POST", "/exec/x/start", (_, connection) => connection.CloseAsync())
            .On("GET", "/containers/x/archive", async (_, connection) =>
            {
                await connection.BeginChunksAsync();
                await connection.ChunkAsync("part");
                await connection.CloseAsync();
            });
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        await client.GetInfoAsync(EngineClient.Soon).FailsWith(SandboxErrorId.EngineUnreachable);
        await client.StartContainerAsync("x", EngineClient.Soon).FailsWith(SandboxErrorId.EngineUnreachable);
        await client.StartExecAsync("x", EngineClient.Soon).FailsWith(SandboxErrorId.EngineUnreachable);
        using Stream archive = await client.GetArchiveAsync("x", "/a", EngineClient.Soon);
        await archive.ReadAllAsync().FailsWith(SandboxErrorId.EngineUnreachable);
    }

    [Fact]
    public async Task Waiting_for_a_silent_engine_can_be_cancelled()
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket();
        Func<StandInRequest, StandInConnection, Task> silence = (_, connection) => Task.Delay(Timeout.Infinite, connection.CancellationToken);
        engine.On("GET", "/info", silence).On("POST", "/containers/x/attach", silence);
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        foreach (Func<CancellationToken, Task> call in new Func<CancellationToken, Task>[] { client.GetInfoAsync, token => client.AttachContainerAsync("x", token) })
        {
            using CancellationTokenSource cancel = new();
            int before = engine.Requests.Count;
            Task waiting = call(cancel.Token);
            await Waiting.Until(() => engine.Requests.Count(r => r.Path != "/_ping") > engine.Requests.Take(before).Count(r => r.Path != "/_ping"));
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.Soon());
        }
    }

    [Fact]
    public async Task A_source_that_can_not_be_read_is_no_error_of_the_engine()
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("PUT", "/containers/x/archive", "{}");
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        using FaultyStream faulty = new();
        Assert.Equal("The disk is on fire.", (await Assert.ThrowsAsync<IOException>(() => client.PutArchiveAsync("x", "/", faulty, EngineClient.Soon))).Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public async Task A_name_can_not_make_another_call_of_it(string id)
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket();
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        await Assert.ThrowsAsync<ArgumentException>(() => client.RemoveContainerAsync(id, EngineClient.Soon));
        await Assert.ThrowsAsync<DockerEngineException>(() => client.StartContainerAsync("../images/x?force=1#", EngineClient.Soon));
        Assert.Equal("/containers/../images/x?force=1#/start", engine.Requests.Last().Path);
        Assert.Empty(engine.Requests.Last().Query);
    }

    [Fact]
    public async Task A_removal_that_is_under_way_is_waited_for()
    {
        int looks = 0;
        await using StandInEngine engine = StandInEngine.OnUnixSocket()
            .On("DELETE", "/containers/x", (_, connection) => connection.FailAsync(409, "removal of container x is already in progress"))
            .On("DELETE", "/containers/y", (_, connection) => connection.FailAsync(409, "something else"))
            .On("GET", "/containers/x/json", (_, connection) => ++looks < 4 ? connection.AnswerAsync(200, """{"Id":"x"}""") : connection.FailAsync(404, "No such container: x"));
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        await client.RemoveContainerAsync("x", EngineClient.Soon);
        Assert.Equal(4, looks);
        await Assert.ThrowsAsync<DockerEngineException>(() => client.RemoveContainerAsync("y", EngineClient.Soon));
    }

    [Fact]
    public async Task Statistics_are_counted_as_docker_stats_does()
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket()
            .On("GET", "/containers/v1/stats", """{"memory_stats":{"usage":1000,"stats":{"total_inactive_file":300,"inactive_file":1}},"cpu_stats":{"cpu_usage":{"total_usage":2500000000}},"pids_stats":{"current":3}}""")
            .On("GET", "/containers/v2/stats", """{"memory_stats":{"usage":1000,"stats":{"inactive_file":400}},"cpu_stats":{"cpu_usage":{"total_usage":1}},"pids_stats":{}}""")
            .On("GET", "/containers/odd/stats", """{"memory_stats":{"usage":1000,"stats":{"inactive_file":4000}},"cpu_stats":{"cpu_usage":{"total_usage":18446744073709551615}},"pids_stats":{"current":18446744073709551615}}""")
            .On("GET", "/containers/off/stats", """{"read":"0001-01-01T00:00:00Z","memory_stats":{},"cpu_stats":{"cpu_usage":{"total_usage":0}},"pids_stats":{}}""");
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        Assert.Equal(new ContainerStats { MemoryUsage = 700, CpuTime = TimeSpan.FromSeconds(2.5), Pids = 3 }, await client.GetStatsAsync("v1", EngineClient.Soon));
        Assert.Equal(600, (await client.GetStatsAsync("v2", EngineClient.Soon))!.MemoryUsage);
        Assert.Equal(1000, (await client.GetStatsAsync("odd", EngineClient.Soon))!.MemoryUsage);
        Assert.Null(await client.GetStatsAsync("off", EngineClient.Soon));
        engine.Api = "1.40";
        using DockerEngine old = EngineClient.Of(engine.Endpoint);
        Assert.Null(await old.GetStatsAsync("v1", EngineClient.Soon));
    }

    private sealed class FaultyStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("The disk is on fire.");
    }
}
