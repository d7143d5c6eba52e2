using AgentSandbox.Connection;
using AgentSandbox.Protocol;
using AgentSandbox.Tests.Protocol;

namespace AgentSandbox.Tests.Connection;

public sealed class StandardInputTests
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);
    private static readonly CommandSpecification s_command = new() { Arguments = ["cat"], StandardInput = true };

    [Fact]
    public async Task Writing_stops_at_the_guests_credit_and_goes_on_with_more()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_command);
        await using GuestConnection scope = connection;
        Task writing = command.StandardInput.WriteAsync(new byte[ProtocolLimits.InitialWindow + 10]).AsTask();
        Assert.Equal(ProtocolLimits.InitialWindow, await ReceiveAsync(guest, ProtocolLimits.InitialWindow));
        Assert.Null(await guest.NextAsync(s_moment));
        Assert.False(writing.IsCompleted);

        await guest.WindowAsync(channel, StreamId.StandardInput, 3);
        Assert.Equal(3, (await guest.ExpectAsync(FrameType.Data)).Payload.Length);
        await guest.WindowAsync(channel, StreamId.StandardInput, 100);
        Assert.Equal(7, (await guest.ExpectAsync(FrameType.Data)).Payload.Length);
        await writing.Soon();
    }

    [Fact]
    public async Task Disposing_sends_one_eof_after_all_data()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_command);
        await using GuestConnection scope = connection;
        await command.StandardInput.WriteAsync("x"u8.ToArray());
        await command.StandardInput.DisposeAsync();
        await command.StandardInput.DisposeAsync();
        await guest.ExpectAsync(FrameType.Data);
        Frame eof = await guest.ExpectAsync(FrameType.Eof);
        Assert.Equal((channel, (byte)StreamId.StandardInput), (eof.Channel, eof.Flags));
        Assert.Null(await guest.NextAsync(s_moment));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => command.StandardInput.WriteAsync(new byte[1]).AsTask());
    }

    [Fact]
    public async Task Disposing_during_a_write_ends_the_write_and_then_sends_eof()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, _) = await ScriptedGuest.RunAsync(s_command);
        await using GuestConnection scope = connection;
        Task writing = command.StandardInput.WriteAsync(new byte[ProtocolLimits.InitialWindow + 1]).AsTask();
        await ReceiveAsync(guest, ProtocolLimits.InitialWindow);
        await command.StandardInput.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writing.Soon());
        await guest.ExpectAsync(FrameType.Eof);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Writing_to_a_command_that_does_not_read_any_more_is_a_broken_pipe(bool commandEnds)
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_command);
        await using GuestConnection scope = connection;
        Task writing = command.StandardInput.WriteAsync(new byte[ProtocolLimits.InitialWindow + 1]).AsTask();
        if (commandEnds)
        {
            await guest.ExitAsync(channel);
        }
        else
        {
            await guest.EofAsync(channel, StreamId.StandardInput);
        }

        await Assert.ThrowsAsync<IOException>(() => writing.Soon());
        await Assert.ThrowsAsync<IOException>(() => command.StandardInput.WriteAsync(new byte[1]).AsTask());
        await command.StandardInput.DisposeAsync();
        await ReceiveAsync(guest, ProtocolLimits.InitialWindow);
        Assert.Null(await guest.NextAsync(s_moment));
        Assert.True(connection.IsOpen);
    }

    [Fact]
    public async Task A_cancelled_write_leaves_whole_frames_and_its_credit_behind()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_command);
        await using GuestConnection scope = connection;
        using var cancel = new CancellationTokenSource();
        Task writing = command.StandardInput.WriteAsync(new byte[ProtocolLimits.InitialWindow + 1], cancel.Token).AsTask();
        await ReceiveAsync(guest, ProtocolLimits.InitialWindow);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.Soon());
        await guest.WindowAsync(channel, StreamId.StandardInput, 5);
        await command.StandardInput.WriteAsync(new byte[5]).AsTask().Soon();
        Assert.Equal(5, (await guest.ExpectAsync(FrameType.Data)).Payload.Length);
    }

    [Fact]
    public async Task A_guest_that_does_not_read_holds_up_a_writer_with_bounded_memory()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create(reads: false);
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, CancellationToken.None);
        await guest.HelloAsync();
        await using GuestConnection connection = await opening.Soon();
        Task<SandboxCommand> starting = connection.StartAsync(s_command, CancellationToken.None);
        await guest.OpenedAsync(1);
        SandboxCommand command = await starting.Soon();
        await guest.WindowAsync(1, StreamId.StandardInput, 1u << 30);

        byte[] block = new byte[64 * 1024];
        long written = 0;
        Task writing = Task.Run(async () =>
        {
            while (true)
            {
                await command.StandardInput.WriteAsync(block);
                Interlocked.Add(ref written, block.Length);
            }
        });
        long before;
        do
        {
            before = Interlocked.Read(ref written);
            await Task.Delay(100);
        }
        while (before != Interlocked.Read(ref written));

        Assert.InRange(before, 1, 2 * 1024 * 1024);
        await connection.DisposeAsync().AsTask().Soon();
        await writing.FailsWith(SandboxErrorId.GuestDisconnected);
    }

    private static async Task<int> ReceiveAsync(ScriptedGuest guest, int bytes)
    {
        int received = 0;
        while (received < bytes)
        {
            received += (await guest.ExpectAsync(FrameType.Data)).Payload.Length;
        }

        return received;
    }
}
