using AgentSandbox.Connection;
using AgentSandbox.Protocol;
using AgentSandbox.Tests.Protocol;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Connection;

/// <summary>Each breach of the protocol ends the connection and fails every command on it, and nothing else.</summary>
public sealed class HostileGuestTests(ITestOutputHelper output)
{
    private const uint Unknown = 999;
    private static readonly byte[] s_full = new byte[ProtocolLimits.MaxData];

    /// <summary>What a guest does on a channel of a command that runs and has standard input.</summary>
    public static TheoryData<string> Breaches() => [.. s_breaches.Keys];

    private static readonly Dictionary<string, Func<ScriptedGuest, uint, Task>> s_breaches = new()
    {
        ["DATA on an unknown channel"] = (g, _) => g.DataAsync(Unknown, StreamId.StandardOutput, [1]),
        ["EOF on an unknown channel"] = (g, _) => g.EofAsync(Unknown, StreamId.StandardOutput),
        ["WINDOW on an unknown channel"] = (g, _) => g.WindowAsync(Unknown, StreamId.StandardInput, 1),
        ["EXIT on an unknown channel"] = (g, _) => g.SendAsync(FrameType.Exit, Unknown, new ExitMessage(), ProtocolJson.Default.ExitMessage),
        ["OPENED that was not asked for"] = (g, _) => g.OpenedAsync(Unknown),
        ["FAIL that was not asked for"] = (g, _) => g.SendAsync(FrameType.Fail, Unknown, new FailMessage(), ProtocolJson.Default.FailMessage),
        ["a channel that has ended"] = async (g, c) =>
        {
            await g.ExitAsync(c);
            await g.DataAsync(c, StreamId.StandardOutput, [1]);
        },
        ["OPENED twice"] = (g, c) => g.OpenedAsync(c),
        ["FAIL after OPENED"] = (g, c) => g.SendAsync(FrameType.Fail, c, new FailMessage(), ProtocolJson.Default.FailMessage),
        ["DATA beyond the credit"] = async (g, c) =>
        {
            for (int i = 0; i < ProtocolLimits.InitialWindow / s_full.Length; i++)
            {
                await g.DataAsync(c, StreamId.StandardOutput, s_full);
            }

            await g.DataAsync(c, StreamId.StandardOutput, [1]);
        },
        ["DATA for standard input"] = (g, c) => g.DataAsync(c, StreamId.StandardInput, [1]),
        ["DATA after EOF"] = async (g, c) =>
        {
            await g.EofAsync(c, StreamId.StandardError);
            await g.DataAsync(c, StreamId.StandardError, [1]);
        },
        ["EOF twice"] = async (g, c) =>
        {
            await g.EofAsync(c, StreamId.StandardOutput);
            await g.EofAsync(c, StreamId.StandardOutput);
        },
        ["EOF of standard input twice"] = async (g, c) =>
        {
            await g.EofAsync(c, StreamId.StandardInput);
            await g.EofAsync(c, StreamId.StandardInput);
        },
        ["EXIT with no EOF"] = (g, c) => g.SendAsync(FrameType.Exit, c, new ExitMessage(), ProtocolJson.Default.ExitMessage),
        ["EXIT with one EOF"] = async (g, c) =>
        {
            await g.EofAsync(c, StreamId.StandardOutput);
            await g.SendAsync(FrameType.Exit, c, new ExitMessage(), ProtocolJson.Default.ExitMessage);
        },
        ["exit code 256"] = (g, c) => g.ExitAsync(c, 256),
        ["exit code -1"] = (g, c) => g.ExitAsync(c, -1),
        ["signal 65"] = (g, c) => g.ExitAsync(c, 0, 65),
        ["signal -1"] = (g, c) => g.ExitAsync(c, 0, -1),
        ["exit code and signal"] = (g, c) => g.ExitAsync(c, 1, 9),
        ["null EXIT"] = async (g, c) =>
        {
            await g.EofAsync(c, StreamId.StandardOutput);
            await g.EofAsync(c, StreamId.StandardError);
            await g.SendAsync(FrameType.Exit, c, 0, "null"u8.ToArray());
        },
        ["WINDOW of nothing"] = (g, c) => g.WindowAsync(c, StreamId.StandardInput, 0),
        ["WINDOW above 2^31"] = (g, c) => g.WindowAsync(c, StreamId.StandardInput, uint.MaxValue),
        ["WINDOWs above 2^31 together"] = async (g, c) =>
        {
            await g.WindowAsync(c, StreamId.StandardInput, 1u << 30);
            await g.WindowAsync(c, StreamId.StandardInput, 1u << 30);
        },
        ["WINDOW for standard output"] = (g, c) => g.WindowAsync(c, StreamId.StandardOutput, 1),
        ["a second HELLO"] = (g, _) => g.HelloAsync(),
        ["PONG with no PING"] = (g, _) => g.SendAsync(FrameType.Pong, 0),
        ["OPEN from the guest"] = (g, _) => g.SendAsync(FrameType.Open, Unknown, new OpenMessage(), ProtocolJson.Default.OpenMessage),
        ["SIGNAL from the guest"] = (g, c) => g.SendAsync(FrameType.Signal, c, new SignalMessage(), ProtocolJson.Default.SignalMessage),
        ["CLOSE from the guest"] = (g, c) => g.SendAsync(FrameType.Close, c),
        ["RESIZE from the guest"] = (g, c) => g.SendAsync(FrameType.Resize, c),
        ["an oversize frame"] = (g, c) => g.SendRawAsync([0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, (byte)c, (byte)FrameType.Data, 1, 0, 0]),
        ["an unknown frame"] = (g, _) => g.SendRawAsync([0, 0, 0, 0, 0, 0, 0, 1, 200, 0, 0, 0]),
        ["a depth bomb"] = (g, c) => g.SendAsync(FrameType.Exit, c, 0, System.Text.Encoding.ASCII.GetBytes("{\"a\":" + new string('[', 50_000) + new string(']', 50_000) + "}")),
    };

    [Theory]
    [MemberData(nameof(Breaches))]
    public async Task A_breach_ends_the_connection_and_fails_every_command(string breach)
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(new() { Arguments = ["x"], StandardInput = true });
        await using ScriptedGuest scope = guest;
        (SandboxCommand bystander, _) = await guest.StartAsync(connection);

        await s_breaches[breach](guest, channel);

        await bystander.Completion.FailsWith(SandboxErrorId.ProtocolViolation);
        await connection.Closed.Soon();
        Assert.False(connection.IsOpen);
        Assert.True(guest.HostStream.IsDisposed);
        if (breach != "a channel that has ended")
        {
            await command.Completion.FailsWith(SandboxErrorId.ProtocolViolation);
        }

        await bystander.StandardOutput.ReadAllAsync().FailsWith(SandboxErrorId.ProtocolViolation);
        await connection.StartAsync(new CommandSpecification { Arguments = ["x"] }, CancellationToken.None).FailsWith(SandboxErrorId.ProtocolViolation);
        await command.DisposeAsync().AsTask().Soon();
        await bystander.DisposeAsync().AsTask().Soon();
        Assert.Equal(FailKind.Protocol, ProtocolJson.Read((await guest.ExpectAsync(FrameType.Error)).Payload, ProtocolJson.Default.FailMessage).Kind);
    }

    [Theory]
    [InlineData(FrameType.Data)]
    [InlineData(FrameType.Eof)]
    [InlineData(FrameType.Window)]
    [InlineData(FrameType.Exit)]
    public async Task A_frame_between_open_and_opened_is_a_breach(FrameType type)
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using ScriptedGuest scope = guest;
        Task<SandboxCommand> starting = connection.StartAsync(new() { Arguments = ["x"], StandardInput = true }, CancellationToken.None);
        uint channel = (await guest.ExpectAsync(FrameType.Open)).Channel;
        byte[] payload = type switch { FrameType.Data => [1], FrameType.Window => [0, 0, 0, 1], FrameType.Exit => "{}"u8.ToArray(), _ => [] };
        await guest.SendAsync(type, channel, (byte)(type == FrameType.Data || type == FrameType.Eof ? 1 : 0), payload);
        await starting.FailsWith(SandboxErrorId.ProtocolViolation);
    }

    [Fact]
    public async Task Input_that_was_not_asked_for_gets_no_credit()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync();
        await using ScriptedGuest scope = guest;
        await guest.WindowAsync(channel, StreamId.StandardInput, 1);
        await command.Completion.FailsWith(SandboxErrorId.ProtocolViolation);
        await connection.Closed.Soon();
    }

    [Fact]
    public async Task A_flood_of_pings_that_nobody_reads_the_answers_of_ends_the_connection()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create(reads: false);
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, CancellationToken.None);
        await guest.HelloAsync();
        GuestConnection connection = await opening.Soon();
        byte[] pings = Frame.Encode(Enumerable.Range(0, 1000).Select(_ => new Frame(FrameType.Ping, 0, 0, new byte[64])));
        _ = FloodAsync(guest, pings);
        await connection.Closed.Soon();
        await connection.StartAsync(new() { Arguments = ["x"] }, CancellationToken.None).FailsWith(SandboxErrorId.GuestNotResponding);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(12)]
    [InlineData(13)]
    public async Task A_guest_that_dies_fails_every_command_wherever_the_stream_was_cut(int cut)
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(new() { Arguments = ["x"], StandardInput = true });
        await guest.DataAsync(channel, StreamId.StandardOutput, "kept"u8.ToArray());
        await guest.SendRawAsync(Frame.Encode([new Frame(FrameType.Data, channel, 1, [1, 2, 3])])[..cut]);
        await guest.HangUpAsync();

        await command.Completion.FailsWith(SandboxErrorId.GuestDisconnected);
        byte[] kept = new byte[4];
        await command.StandardOutput.ReadExactlyAsync(kept).AsTask().Soon();
        Assert.Equal("kept"u8.ToArray(), kept);
        await command.StandardOutput.ReadAllAsync().FailsWith(SandboxErrorId.GuestDisconnected);
        await command.StandardError.ReadAllAsync().FailsWith(SandboxErrorId.GuestDisconnected);
        await command.StandardInput.WriteAsync(new byte[1]).AsTask().FailsWith(SandboxErrorId.GuestDisconnected);
        await command.StopAsync().Soon();
        await command.DisposeAsync().AsTask().Soon();
        await connection.Closed.Soon();
    }

    [Fact]
    public async Task Random_frames_never_do_more_than_end_the_connection()
    {
        Random random = Seeded.Create(output);
        for (int round = 0; round < 300; round++)
        {
            (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(new() { Arguments = ["x"], StandardInput = true });
            await using ScriptedGuest scope = guest;
            for (int i = 0; i < 10; i++)
            {
                Frame frame = Frame.Random(random);
                try
                {
                    await guest.SendRawAsync(Frame.Encode([frame.Channel == 0 ? frame : frame with { Channel = channel }]));
                }
                catch (Exception e) when (e is IOException or InvalidOperationException)
                {
                    break; // The host has hung up.
                }
            }

            await guest.HangUpAsync();
            await connection.Closed.Soon();
            SandboxException error = await Assert.ThrowsAsync<SandboxException>(() => command.Completion.Soon());
            Assert.Contains(error.ErrorId, new[] { SandboxErrorId.ProtocolViolation, SandboxErrorId.GuestDisconnected });
            await command.DisposeAsync().AsTask().Soon();
        }
    }

    private static async Task FloodAsync(ScriptedGuest guest, byte[] bytes)
    {
        try
        {
            while (true)
            {
                await guest.SendRawAsync(bytes);
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            // The host has hung up, as it should.
        }
    }
}
