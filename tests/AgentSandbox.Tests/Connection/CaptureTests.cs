using System.IO.Pipelines;
using AgentSandbox.Connection;
using AgentSandbox.Protocol;
using AgentSandbox.Tests.Protocol;

namespace AgentSandbox.Tests.Connection;

public sealed class CaptureTests
{
    private static readonly CommandSpecification s_cat = new() { Arguments = ["cat"], StandardInput = true };

    [Fact]
    public async Task Both_streams_are_captured_while_input_is_fed()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_cat);
        await using GuestConnection scope = connection;
        Task<CommandResult> running = CommandCapture.RunAsync(command, new MemoryStream("in"u8.ToArray()), CancellationToken.None);
        Assert.Equal("in"u8.ToArray(), (await guest.ExpectAsync(FrameType.Data)).Payload);
        await guest.ExpectAsync(FrameType.Eof);
        await guest.DataAsync(channel, StreamId.StandardOutput, [0xC3, 0xBC, 0xFF]);
        await guest.DataAsync(channel, StreamId.StandardError, "err"u8.ToArray());
        await guest.ExitAsync(channel, 9, truncated: true);

        CommandResult result = await running.Soon();
        Assert.Equal([0xC3, 0xBC, 0xFF], result.StandardOutputBytes);
        Assert.Equal(("ü\uFFFD", "err", 9, true, false), (result.StandardOutput, result.StandardError, result.ExitCode, result.Truncated, result.TimedOut));
        Assert.True(result.Duration > TimeSpan.Zero);
    }

    [Fact]
    public async Task No_input_is_end_of_file_at_once()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_cat);
        await using GuestConnection scope = connection;
        Task<CommandResult> running = CommandCapture.RunAsync(command, null, CancellationToken.None);
        await guest.ExpectAsync(FrameType.Eof);
        await guest.ExitAsync(channel);
        await running.Soon();
    }

    [Fact]
    public async Task A_command_without_input_takes_nothing_from_the_source()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync();
        await using GuestConnection scope = connection;
        var source = new MemoryStream(new byte[10]);
        Task<CommandResult> running = CommandCapture.RunAsync(command, source, CancellationToken.None);
        await guest.ExitAsync(channel);
        await running.Soon();
        Assert.Equal(0, source.Position);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(100_000)]
    public async Task What_exceeds_the_capture_is_read_and_dropped(int excess)
    {
        const int Limit = 200_000;
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync();
        await using GuestConnection scope = connection;
        byte[] sent = new byte[Limit + excess];
        new Random(1).NextBytes(sent);
        Task<CommandResult> running = CommandCapture.RunAsync(command, null, Limit, CancellationToken.None);
        int credit = ProtocolLimits.InitialWindow;
        foreach (byte[] chunk in sent.Chunk(ProtocolLimits.MaxData))
        {
            while (credit < chunk.Length)
            {
                Frame window = await guest.ExpectAsync(FrameType.Window);
                credit += System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(window.Payload);
            }

            credit -= chunk.Length;
            await guest.DataAsync(channel, StreamId.StandardOutput, chunk);
        }

        await guest.ExitAsync(channel);
        CommandResult result = await running.Soon();
        Assert.True(sent.AsSpan(0, Limit).SequenceEqual(result.StandardOutputBytes));
        Assert.Equal(excess > 0, result.Truncated);
    }

    [Fact]
    public async Task A_command_that_does_not_read_its_input_is_no_error()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_cat);
        await using GuestConnection scope = connection;
        Task<CommandResult> running = CommandCapture.RunAsync(command, new MemoryStream(new byte[1_000_000]), CancellationToken.None);
        await guest.ExpectAsync(FrameType.Data);
        await guest.ExitAsync(channel, 4);
        Assert.Equal(4, (await running.Soon()).ExitCode);
    }

    [Fact]
    public async Task A_command_that_closes_its_input_runs_on()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_cat);
        await using GuestConnection scope = connection;
        Task<CommandResult> running = CommandCapture.RunAsync(command, new MemoryStream(new byte[1_000_000]), CancellationToken.None);
        await guest.EofAsync(channel, StreamId.StandardInput);
        await guest.DataAsync(channel, StreamId.StandardOutput, "later"u8.ToArray());
        Assert.False(running.IsCompleted);
        await guest.ExitAsync(channel);
        Assert.Equal("later", (await running.Soon()).StandardOutput);
    }

    [Fact]
    public async Task An_input_that_never_comes_does_not_hold_up_the_end()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_cat);
        await using GuestConnection scope = connection;
        using var keyboard = new BlockingStream();
        Task<CommandResult> running = CommandCapture.RunAsync(command, keyboard, CancellationToken.None);
        await guest.ExitAsync(channel);
        await running.Soon();
    }

    [Fact]
    public async Task An_input_that_fails_ends_the_command_without_a_false_end_of_file()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_cat);
        await using GuestConnection scope = connection;
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("half"u8.ToArray());
        Task<CommandResult> running = CommandCapture.RunAsync(command, pipe.Reader.AsStream(), CancellationToken.None);
        await guest.ExpectAsync(FrameType.Data);
        await pipe.Writer.CompleteAsync(new InvalidDataException("The disk is broken."));
        await guest.ExpectSignalAsync(channel, 15, SignalScope.All);
        await guest.ExitAsync(channel, signal: 15);
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => running.Soon());
        Assert.Equal("The disk is broken.", error.Message);
    }

    [Fact]
    public async Task Cancelling_ends_the_command_first()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_cat);
        await using GuestConnection scope = connection;
        using var cancel = new CancellationTokenSource();
        using var keyboard = new BlockingStream();
        Task<CommandResult> running = CommandCapture.RunAsync(command, keyboard, cancel.Token);
        await cancel.CancelAsync();
        await guest.ExpectSignalAsync(channel, 15, SignalScope.All);
        Assert.False(running.IsCompleted);
        await guest.ExitAsync(channel, signal: 15);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.Soon());
    }

    [Fact]
    public async Task A_time_out_keeps_the_output_so_far()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_cat with { Timeout = TimeSpan.FromMilliseconds(100) });
        await using GuestConnection scope = connection;
        Task<CommandResult> running = CommandCapture.RunAsync(command, null, CancellationToken.None);
        await guest.ExpectAsync(FrameType.Eof);
        await guest.DataAsync(channel, StreamId.StandardOutput, "so far"u8.ToArray());
        await guest.ExpectSignalAsync(channel, 15, SignalScope.All);
        await guest.ExitAsync(channel, 0);
        CommandResult result = await running.Soon();
        Assert.Equal((124, true, "so far"), (result.ExitCode, result.TimedOut, result.StandardOutput));
    }

    [Fact]
    public async Task A_guest_that_dies_is_an_error_and_never_an_exit_code()
    {
        (ScriptedGuest guest, GuestConnection _, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_cat);
        Task<CommandResult> running = CommandCapture.RunAsync(command, new MemoryStream(new byte[1_000_000]), CancellationToken.None);
        await guest.DataAsync(channel, StreamId.StandardOutput, "half"u8.ToArray());
        await guest.HangUpAsync();
        await running.FailsWith(SandboxErrorId.GuestDisconnected);
    }

    /// <summary>A terminal at which nobody types: its reads block their thread and can't be cancelled.</summary>
    private sealed class BlockingStream : MemoryStream
    {
        private readonly ManualResetEventSlim _never = new();

        public override int Read(byte[] buffer, int offset, int count)
        {
            _never.Wait();
            return 0;
        }

        public override int Read(Span<byte> buffer) => Read([], 0, 0);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read([], 0, 0));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read([], 0, 0));

        protected override void Dispose(bool disposing)
        {
            _never.Set();
            base.Dispose(disposing);
        }
    }
}
