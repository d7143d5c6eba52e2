using System.Text;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Tests.Connection;
using AgentSandbox.Tests.Docker.StandIn;

namespace AgentSandbox.Tests.Docker.Engine;

public sealed class HijackTests
{
    [Fact]
    public async Task Bytes_behind_the_101_are_not_lost_and_both_directions_go_at_once()
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("POST", "/exec/x/start", async (request, connection) =>
        {
            Assert.True(request.WantsUpgrade);
            Assert.Equal("""{"Detach":false,"Tty":false}""", Encoding.UTF8.GetString(request.Body));
            byte[] head = Encoding.ASCII.GetBytes("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
            await connection.SendAsync([.. head, .. StandInConnection.Frame(1, "first "u8.ToArray()), 2, 0, 0]);
            await connection.SendAsync([0, 0, 0, 0, 3, .. "err"u8]);
            byte[] input = await connection.ReadToEndAsync();
            await connection.FrameAsync(1, input);
            await connection.CloseAsync();
        });
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        await using MultiplexedStream streams = await client.StartExecAsync("x", EngineClient.Soon);
        Task<(string Output, string Error)> reading = EngineClient.ReadAllAsync(streams);
        await streams.WriteAsync("from "u8.ToArray(), EngineClient.Soon);
        await streams.WriteAsync("here"u8.ToArray(), EngineClient.Soon);
        await streams.CloseWriteAsync(EngineClient.Soon);
        await streams.CloseWriteAsync(EngineClient.Soon);
        Assert.Equal(("first from here", "err"), await reading.Soon());
        await Assert.ThrowsAsync<InvalidOperationException>(() => streams.WriteAsync("x"u8.ToArray(), EngineClient.Soon).AsTask());
        Assert.Empty(engine.Failures);
    }

    [Fact]
    public async Task A_200_of_an_engine_without_upgrade_is_raw_too()
    {
        await using StandInEngine engine = StandInEngine.OnTcp().On("POST", "/containers/x/attach", async (request, connection) =>
        {
            Assert.Equal("1", request.Query["stdin"]);
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n");
            await connection.FrameAsync(1, "raw"u8.ToArray());
            await connection.CloseAsync();
        });
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        await using MultiplexedStream streams = await client.AttachContainerAsync("x", EngineClient.Soon);
        Assert.Equal(("raw", ""), await EngineClient.ReadAllAsync(streams));
        Assert.Empty(engine.Failures);
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData("220 mail.example.com ESMTP\r\n")]
    public async Task What_is_no_upgrade_is_an_error(string answer)
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("POST", "/exec/x/start", async (_, connection) =>
        {
            await connection.SendAsync(answer);
            await connection.CloseAsync();
        });
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        Assert.Equal(0, (await Assert.ThrowsAsync<DockerEngineException>(() => client.StartExecAsync("x", EngineClient.Soon))).StatusCode);
    }

    [Fact]
    public async Task An_end_within_a_frame_is_a_break_and_the_engine_s_error_is_thrown()
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket()
            .On("POST", "/exec/cut/start", async (_, connection) =>
            {
                await connection.HijackAsync();
                await connection.SendAsync([1, 0, 0, 0, 0, 0, 0, 9, 65]);
                await connection.CloseAsync();
            })
            .On("POST", "/exec/error/start", async (_, connection) =>
            {
                await connection.HijackAsync();
                await connection.FrameAsync(1, "a"u8.ToArray());
                await connection.FrameAsync(3, "disk full"u8.ToArray());
                await connection.CloseAsync();
            });
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        await using MultiplexedStream cut = await client.StartExecAsync("cut", EngineClient.Soon);
        await EngineClient.ReadAllAsync(cut).FailsWith(SandboxErrorId.EngineUnreachable);
        await using MultiplexedStream error = await client.StartExecAsync("error", EngineClient.Soon);
        Assert.Equal("disk full", (await Assert.ThrowsAsync<DockerEngineException>(() => EngineClient.ReadAllAsync(error))).Message);
    }

    [Theory]
    [InlineData(new byte[] { 1, 0, 0 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 0, 0, 0, 9 })]
    public async Task An_end_within_or_right_behind_a_header_is_a_break(byte[] bytes)
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("POST", "/exec/x/start", async (_, connection) =>
        {
            await connection.HijackAsync();
            await connection.SendAsync(bytes);
            await connection.CloseAsync();
        });
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        await using MultiplexedStream streams = await client.StartExecAsync("x", EngineClient.Soon);
        await EngineClient.ReadAllAsync(streams).FailsWith(SandboxErrorId.EngineUnreachable);
    }

    [Fact]
    public async Task Reading_can_be_cancelled_and_loses_nothing()
    {
        TaskCompletionSource go = new();
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("POST", "/exec/x/start", async (_, connection) =>
        {
            await connection.HijackAsync();
            await connection.SendAsync([1, 0, 0, 0]);
            await go.Task;
            await connection.SendAsync([0, 0, 0, 2, 72, 105]);
            await connection.CloseAsync();
        });
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        await using MultiplexedStream streams = await client.StartExecAsync("x", EngineClient.Soon);
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => streams.ReadAsync(new byte[9], cancel.Token).AsTask());
        go.SetResult();
        Assert.Equal(("Hi", ""), await EngineClient.ReadAllAsync(streams));
    }
}
