using AgentSandbox.Protocol;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>Commands and connections beside each other.</summary>
public sealed class ManyAtOnceTests : IDisposable
{
    private readonly GuestProcess _guest = new();

    public void Dispose() => _guest.Dispose();

    [Fact]
    public async Task Two_hundred_commands_over_four_connections()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(c => Task.Factory.StartNew(
            () =>
            {
                using GuestClient client = _guest.Connect();
                uint[] channels = [.. Enumerable.Range(0, 50).Select(i => client.Open("/bin/sh", "-c", $"sleep 0.1; head -c 100000 /dev/zero; echo {c}-{i} >&2; exit {i}"))];
                for (int i = 0; i < channels.Length; i++)
                {
                    Outcome outcome = client.Finish(channels[i]);
                    Assert.Equal((i, 100_000, $"{c}-{i}\n"), (outcome.Exit!.ExitCode, (int)outcome.Output.Length, outcome.ErrorText));
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
    }

    [Fact]
    public void A_reader_without_credit_blocks_neither_its_connection_nor_another()
    {
        using GuestClient slow = _guest.Connect();
        using GuestClient other = _guest.Connect();
        uint starved = slow.Open("yes");
        slow.Until(starved, o => o.Output.Length == ProtocolLimits.InitialWindow, credit: false);
        Assert.Equal(3_000_000, slow.Run("head", "-c", "3000000", "/dev/zero").Output.Length);
        Assert.Equal(3_000_000, other.Run("head", "-c", "3000000", "/dev/zero").Output.Length);
    }

    [Fact]
    public void A_host_that_does_not_read_its_socket_blocks_no_other()
    {
        using GuestClient deaf = _guest.Connect();
        for (int i = 0; i < 20; i++)
        {
            deaf.Open("yes");
        }

        using GuestClient other = _guest.Connect();
        Assert.Equal(30_000_000, other.Run("head", "-c", "30000000", "/dev/zero").Output.Length);
    }

    [Fact]
    public void A_command_that_does_not_read_its_input_blocks_no_other()
    {
        using GuestClient client = _guest.Connect();
        for (int i = 0; i < 10; i++)
        {
            uint deaf = client.Open(new OpenMessage { Arguments = ["sleep", "60"], StandardInput = true });
            for (int sent = 0; sent < ProtocolLimits.InitialWindow; sent += ProtocolLimits.MaxData)
            {
                client.SendInput(deaf, new byte[ProtocolLimits.MaxData]);
            }
        }

        uint last = client.Open(new OpenMessage { Arguments = ["cat"], StandardInput = true });
        client.SendInput(last, "through"u8);
        client.SendEnd(last);
        Assert.Equal("through", client.Finish(last).Text);
    }

    [Fact]
    public void One_command_too_many_is_told_and_room_is_reused()
    {
        using GuestClient client = _guest.Connect();
        uint[] channels = [.. Enumerable.Range(0, ProtocolLimits.MaxChannels).Select(_ => client.Open(new OpenMessage { Arguments = ["cat"], StandardInput = true }))];
        Assert.Equal(FailKind.Busy, client.Run("true").Fail!.Kind);
        client.SendEnd(channels[0]);
        client.Finish(channels[0]);
        Assert.Equal(0, client.Run("true").Exit!.ExitCode);
    }

    [Fact]
    public void One_connection_too_many_is_told_and_room_is_reused()
    {
        GuestClient[] clients = [.. Enumerable.Range(0, ProtocolLimits.MaxConnections).Select(_ => _guest.Connect())];
        using (var late = new GuestClient(_guest.ConnectRaw(), hello: false))
        {
            ReceivedFrame answer = late.Receive()!;
            Assert.Equal(FrameType.Error, answer.Type);
            Assert.Equal(FailKind.Busy, ProtocolJson.Read(answer.Payload, ProtocolJson.Default.FailMessage).Kind);
            Assert.Null(late.Receive());
        }

        clients[0].Dispose();
        Thread.Sleep(200);
        using GuestClient next = _guest.Connect();
        Assert.Equal(0, next.Run("true").Exit!.ExitCode);
        Array.ForEach(clients, c => c.Dispose());
    }

    [Fact]
    public void Frames_that_arrive_byte_by_byte_and_all_at_once_are_the_same()
    {
        using GuestClient client = _guest.Connect();
        var writer = new System.Buffers.ArrayBufferWriter<byte>();
        FrameEncoder.WriteFrame(writer, FrameType.Ping, 0, 0, "one"u8);
        FrameEncoder.WriteFrame(writer, FrameType.Ping, 0, 0, "two"u8);
        foreach (byte b in writer.WrittenSpan)
        {
            client.SendRaw([b]);
        }

        client.SendRaw(writer.WrittenSpan);
        foreach (string expected in (string[])["one", "two", "one", "two"])
        {
            ReceivedFrame pong = client.Receive()!;
            Assert.Equal((FrameType.Pong, expected), (pong.Type, System.Text.Encoding.UTF8.GetString(pong.Payload)));
        }
    }
}
