using System.Buffers.Binary;
using AgentSandbox.Connection;
using AgentSandbox.Protocol;
using AgentSandbox.Tests.Protocol;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Connection;

public sealed class FlowControlTests(ITestOutputHelper output)
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Credit_returns_only_for_what_was_read_and_in_large_steps()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync();
        await using GuestConnection scope = connection;
        await FillAsync(guest, channel, StreamId.StandardOutput);
        Assert.Null(await guest.NextAsync(s_moment));

        await command.StandardOutput.ReadExactlyAsync(new byte[ProtocolLimits.WindowRefill - 1]).AsTask().Soon();
        Assert.Null(await guest.NextAsync(s_moment));
        await command.StandardOutput.ReadExactlyAsync(new byte[1]).AsTask().Soon();
        Frame window = await guest.ExpectAsync(FrameType.Window);
        Assert.Equal((channel, (byte)StreamId.StandardOutput, ProtocolLimits.WindowRefill), (window.Channel, window.Flags, BinaryPrimitives.ReadInt32BigEndian(window.Payload)));

        // Exactly that much may follow.
        await guest.DataAsync(channel, StreamId.StandardOutput, new byte[ProtocolLimits.MaxData]);
        await guest.DataAsync(channel, StreamId.StandardOutput, new byte[ProtocolLimits.MaxData]);
        await command.StandardOutput.ReadExactlyAsync(new byte[1]).AsTask().Soon();
        Assert.True(connection.IsOpen);
        await guest.DataAsync(channel, StreamId.StandardOutput, [1]);
        await command.Completion.FailsWith(SandboxErrorId.ProtocolViolation);
    }

    [Fact]
    public async Task A_reader_that_stops_holds_up_neither_the_other_stream_nor_other_commands()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand stalled, uint stalledChannel) = await ScriptedGuest.RunAsync();
        await using GuestConnection scope = connection;
        await FillAsync(guest, stalledChannel, StreamId.StandardOutput);
        await guest.DataAsync(stalledChannel, StreamId.StandardError, "still"u8.ToArray());
        byte[] still = new byte[5];
        await stalled.StandardError.ReadExactlyAsync(still).AsTask().Soon();

        (SandboxCommand other, uint channel) = await guest.StartAsync(connection);
        await guest.DataAsync(channel, StreamId.StandardOutput, "flows"u8.ToArray());
        await guest.ExitAsync(channel, 5);
        Assert.Equal(5, (await other.Completion.Soon()).ExitCode);
        Assert.Equal("flows"u8.ToArray(), await other.StandardOutput.ReadAllAsync());
        Assert.False(stalled.Completion.IsCompleted);
    }

    [Fact]
    public async Task All_output_waits_for_a_late_reader()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync();
        await using GuestConnection scope = connection;
        await FillAsync(guest, channel, StreamId.StandardOutput);
        await guest.ExitAsync(channel);
        await command.Completion.Soon();
        Assert.Equal(ProtocolLimits.InitialWindow, (await command.StandardOutput.ReadAllAsync()).Length);
        Assert.Null(await guest.NextAsync(s_moment)); // No credit for a stream that has ended.
    }

    [Fact]
    public async Task A_disposed_output_is_drained_to_nowhere()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync();
        await using GuestConnection scope = connection;
        await FillAsync(guest, channel, StreamId.StandardOutput);
        await command.StandardOutput.DisposeAsync();
        for (int i = 0; i < 8; i++)
        {
            Frame window = await guest.ExpectAsync(FrameType.Window);
            for (int credit = BinaryPrimitives.ReadInt32BigEndian(window.Payload); credit > 0; credit -= ProtocolLimits.MaxData)
            {
                await guest.DataAsync(channel, StreamId.StandardOutput, new byte[ProtocolLimits.MaxData]);
            }
        }

        await guest.ExitAsync(channel);
        Assert.False((await command.Completion.Soon()).Truncated);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => command.StandardOutput.ReadAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task A_read_can_be_cancelled_and_loses_nothing()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync();
        await using GuestConnection scope = connection;
        using var cancel = new CancellationTokenSource();
        Task<int> read = command.StandardOutput.ReadAsync(new byte[10], cancel.Token).AsTask();
        Assert.False(read.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.Soon());
        await guest.DataAsync(channel, StreamId.StandardOutput, "whole"u8.ToArray());
        await guest.ExitAsync(channel);
        Assert.Equal("whole"u8.ToArray(), await command.StandardOutput.ReadAllAsync());
    }

    [Fact]
    public async Task Synchronous_reads_and_writes_wait_too()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(new() { Arguments = ["cat"], StandardInput = true });
        await using GuestConnection scope = connection;
        byte[] sent = new byte[100_000];
        new Random(1).NextBytes(sent);
        Task<byte[]> reading = Task.Factory.StartNew(
            () =>
            {
                command.StandardInput.Write(sent);
                command.StandardInput.Dispose();
                var bytes = new MemoryStream();
                byte[] buffer = new byte[999];
                int count;
                while ((count = command.StandardOutput.Read(buffer, 0, buffer.Length)) > 0)
                {
                    bytes.Write(buffer, 0, count);
                }

                return bytes.ToArray();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

        Frame frame;
        while ((frame = (await guest.NextAsync(TimeSpan.FromSeconds(30)))!).Type == FrameType.Data)
        {
            await guest.DataAsync(channel, StreamId.StandardOutput, frame.Payload);
        }

        Assert.Equal((FrameType.Eof, (byte)StreamId.StandardInput), (frame.Type, frame.Flags));
        await guest.ExitAsync(channel);
        Assert.Equal(sent, await reading.Soon());
    }

    [Fact]
    public async Task Any_bytes_in_any_pieces_come_back_from_an_echo()
    {
        Random random = Seeded.Create(output);
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using GuestConnection scope = connection;
        for (int round = 0; round < 5; round++)
        {
            (SandboxCommand command, uint channel) = await guest.StartAsync(connection, new() { Arguments = ["cat"], StandardInput = true });
            byte[] sent = new byte[random.Next(1, 3_000_000)];
            random.NextBytes(sent);
            Task echo = EchoAsync(guest, channel);
            var received = new MemoryStream();
            Task reading = ReadInPiecesAsync(command.StandardOutput, received, new Random(random.Next()));
            for (int offset = 0; offset < sent.Length;)
            {
                int count = Math.Min(random.Next(1, 300_000), sent.Length - offset);
                await command.StandardInput.WriteAsync(sent.AsMemory(offset, count)).AsTask().Soon();
                offset += count;
            }

            await command.StandardInput.DisposeAsync();
            await echo.Soon();
            await reading.Soon();
            Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()));
            Assert.Equal(0, (await command.Completion.Soon()).ExitCode);
        }
    }

    private static async Task FillAsync(ScriptedGuest guest, uint channel, StreamId stream)
    {
        for (int sent = 0; sent < ProtocolLimits.InitialWindow; sent += ProtocolLimits.MaxData)
        {
            await guest.DataAsync(channel, stream, new byte[ProtocolLimits.MaxData]);
        }
    }

    private static async Task ReadInPiecesAsync(Stream source, MemoryStream destination, Random random)
    {
        byte[] buffer = new byte[200_000];
        int count;
        while ((count = await source.ReadAsync(buffer.AsMemory(0, random.Next(1, buffer.Length)))) > 0)
        {
            destination.Write(buffer, 0, count);
        }
    }

    /// <summary>A guest that obeys the credit in both directions, as the real one must.</summary>
    private static async Task EchoAsync(ScriptedGuest guest, uint channel)
    {
        long credit = ProtocolLimits.InitialWindow;
        int granted = ProtocolLimits.InitialWindow;
        bool ended = false;
        var held = new Queue<byte[]>();
        while (!ended || held.Count > 0)
        {
            while (held.Count > 0 && held.Peek().Length <= credit)
            {
                byte[] data = held.Dequeue();
                credit -= data.Length;
                await guest.DataAsync(channel, StreamId.StandardOutput, data);
                if (!ended)
                {
                    granted += data.Length;
                    await guest.WindowAsync(channel, StreamId.StandardInput, (uint)data.Length);
                }
            }

            if (ended && held.Count == 0)
            {
                break;
            }

            Frame frame = (await guest.NextAsync(TimeSpan.FromSeconds(30)))!;
            switch (frame.Type)
            {
                case FrameType.Data:
                    granted -= frame.Payload.Length;
                    Assert.True(granted >= 0, "The host sent more than it has credit for.");
                    held.Enqueue(frame.Payload);
                    break;
                case FrameType.Eof:
                    ended = true;
                    break;
                default:
                    Assert.Equal(FrameType.Window, frame.Type);
                    credit += BinaryPrimitives.ReadInt32BigEndian(frame.Payload);
                    break;
            }
        }

        await guest.ExitAsync(channel);
    }
}
