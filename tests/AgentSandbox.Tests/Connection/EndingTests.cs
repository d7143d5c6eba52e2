using System.Buffers.Binary;
using AgentSandbox.Connection;
using AgentSandbox.Protocol;
using AgentSandbox.Tests.Protocol;

namespace AgentSandbox.Tests.Connection;

public sealed class EndingTests
{
    private static readonly ConnectionOptions s_quick = new()
    {
        OpenTimeout = TimeSpan.FromMilliseconds(300),
        KillGrace = TimeSpan.FromMilliseconds(150),
        GiveUpGrace = TimeSpan.FromMilliseconds(150),
    };

    private static readonly CommandSpecification s_limited = new() { Arguments = ["sleep"], Timeout = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public async Task A_time_out_terminates_everything_and_says_so()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_limited);
        await using GuestConnection scope = connection;
        await guest.DataAsync(channel, StreamId.StandardOutput, "so far"u8.ToArray());
        await guest.ExpectSignalAsync(channel, 15, SignalScope.All);
        await guest.ExitAsync(channel, signal: 15);

        CommandExit exit = await command.Completion.Soon();
        Assert.Equal((124, 15, true), (exit.ExitCode, exit.Signal, exit.TimedOut));
        Assert.True(exit.Duration >= s_limited.Timeout);
        Assert.Equal("so far"u8.ToArray(), await command.StandardOutput.ReadAllAsync());
        Assert.True(connection.IsOpen);
    }

    [Fact]
    public async Task A_command_that_ignores_sigterm_is_killed()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_limited, s_quick);
        await using GuestConnection scope = connection;
        await guest.ExpectSignalAsync(channel, 15, SignalScope.All);
        await guest.ExpectSignalAsync(channel, 9, SignalScope.All);
        await guest.ExitAsync(channel, signal: 9);
        CommandExit exit = await command.Completion.Soon();
        Assert.Equal((124, 9, true, false), (exit.ExitCode, exit.Signal, exit.TimedOut, exit.Truncated));
    }

    [Fact]
    public async Task A_guest_that_does_not_end_a_timed_out_command_can_not_hold_up_the_host()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_limited, s_quick);
        await guest.DataAsync(channel, StreamId.StandardOutput, "so far"u8.ToArray());
        CommandExit exit = await command.Completion.Soon();
        Assert.Equal((124, null, true), (exit.ExitCode, exit.Signal, exit.TimedOut));
        Assert.Equal("so far"u8.ToArray(), await command.StandardOutput.ReadAllAsync());
        Assert.False(connection.IsOpen);
        await connection.Closed.Soon(); // Nobody else used it.
        await command.DisposeAsync().AsTask().Soon();
    }

    [Fact]
    public async Task A_given_up_command_does_not_take_others_with_it()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand stuck, _) = await ScriptedGuest.RunAsync(s_limited, s_quick);
        await using GuestConnection scope = connection;
        (SandboxCommand other, uint channel) = await guest.StartAsync(connection);
        await stuck.Completion.Soon();
        Assert.False(connection.IsOpen);
        Assert.False(connection.Closed.IsCompleted);
        await guest.ExitAsync(channel, 7);
        Assert.Equal(7, (await other.Completion.Soon()).ExitCode);
        await connection.Closed.Soon();
    }

    [Fact]
    public async Task A_guest_that_dies_of_the_killing_still_leaves_a_time_out()
    {
        (ScriptedGuest guest, GuestConnection _, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_limited);
        await guest.ExpectSignalAsync(channel, 15, SignalScope.All);
        await guest.HangUpAsync();
        CommandExit exit = await command.Completion.Soon();
        Assert.Equal((124, true, true), (exit.ExitCode, exit.TimedOut, exit.Truncated));
    }

    [Fact]
    public async Task A_breach_after_a_time_out_is_told_as_a_breach()
    {
        (ScriptedGuest guest, GuestConnection _, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_limited);
        await guest.ExpectSignalAsync(channel, 15, SignalScope.All);
        await guest.OpenedAsync(channel);
        await command.Completion.FailsWith(SandboxErrorId.ProtocolViolation);
    }

    [Fact]
    public async Task A_command_that_ends_in_time_is_not_signalled()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_limited with { Timeout = TimeSpan.FromSeconds(60) });
        await using GuestConnection scope = connection;
        await guest.ExitAsync(channel);
        Assert.False((await command.Completion.Soon()).TimedOut);
        Assert.Null(await guest.NextAsync(TimeSpan.FromMilliseconds(200)));
    }

    [Fact]
    public async Task The_longest_time_out_is_taken()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(s_limited with { Timeout = TimeSpan.MaxValue });
        await using GuestConnection scope = connection;
        await guest.ExitAsync(channel);
        Assert.Equal(0, (await command.Completion.Soon()).ExitCode);
    }

    [Fact]
    public async Task Stopping_terminates_then_kills_and_the_answer_is_the_exit()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(options: s_quick);
        await using GuestConnection scope = connection;
        Task stopping = command.StopAsync();
        Task again = command.StopAsync();
        await guest.ExpectSignalAsync(channel, 15, SignalScope.All);
        await guest.ExpectSignalAsync(channel, 9, SignalScope.All);
        await guest.ExitAsync(channel, signal: 9);
        await stopping.Soon();
        await again.Soon();
        CommandExit exit = await command.Completion.Soon();
        Assert.Equal((137, 9, false), (exit.ExitCode, exit.Signal, exit.TimedOut));
        await command.StopAsync().Soon();
    }

    [Fact]
    public async Task Stopping_gives_up_on_a_guest_that_does_not_answer()
    {
        (_, GuestConnection connection, SandboxCommand command, _) = await ScriptedGuest.RunAsync(options: s_quick);
        await command.StopAsync().Soon();
        await command.Completion.FailsWith(SandboxErrorId.GuestNotResponding);
        await command.StandardOutput.ReadAllAsync().FailsWith(SandboxErrorId.GuestNotResponding);
        await connection.Closed.Soon();
    }

    [Fact]
    public async Task A_stopped_command_does_not_wait_for_a_reader_that_has_gone()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(options: new() { KillGrace = TimeSpan.FromMinutes(5) });
        await using GuestConnection scope = connection;
        for (int i = 0; i < 4; i++)
        {
            await guest.DataAsync(channel, StreamId.StandardOutput, new byte[ProtocolLimits.MaxData]);
        }

        // A frame of another command, so that the host has taken all of this by now.
        (SandboxCommand other, uint otherChannel) = await guest.StartAsync(connection);
        await guest.ExitAsync(otherChannel);
        await other.Completion.Soon();
        Task stopping = command.StopAsync();
        await guest.ExpectSignalAsync(channel, 15, SignalScope.All);
        await guest.ExpectAsync(FrameType.Window);
        await guest.DataAsync(channel, StreamId.StandardOutput, [1]);
        await guest.ExitAsync(channel, signal: 15);
        await stopping.Soon();
        CommandExit exit = await command.Completion.Soon();
        Assert.Equal((143, true), (exit.ExitCode, exit.Truncated));
        Assert.Equal(ProtocolLimits.InitialWindow, (await command.StandardOutput.ReadAllAsync()).Length);
    }

    [Fact]
    public async Task A_stopped_command_with_a_slow_reader_loses_nothing()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(
            options: new() { KillGrace = TimeSpan.FromMinutes(5), StallGrace = TimeSpan.FromMilliseconds(300) });
        await using GuestConnection scope = connection;
        for (int i = 0; i < 4; i++)
        {
            await guest.DataAsync(channel, StreamId.StandardOutput, new byte[ProtocolLimits.MaxData]);
        }

        (SandboxCommand other, uint otherChannel) = await guest.StartAsync(connection);
        await guest.ExitAsync(otherChannel);
        await other.Completion.Soon();
        Task stopping = command.StopAsync();
        await guest.ExpectSignalAsync(channel, 15, SignalScope.All);
        await command.StandardOutput.ReadExactlyAsync(new byte[1]).AsTask().Soon();
        Assert.Null(await guest.NextAsync(TimeSpan.FromMilliseconds(600)));
        await guest.ExitAsync(channel, signal: 15);
        await stopping.Soon();
        Assert.False((await command.Completion.Soon()).Truncated);
    }

    [Fact]
    public async Task A_killed_command_ends_though_nobody_reads_its_output()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(options: s_quick with { GiveUpGrace = TimeSpan.FromSeconds(30) });
        await using GuestConnection scope = connection;
        Task stopping = command.StopAsync();
        await guest.ExpectSignalAsync(channel, 15, SignalScope.All);
        for (int i = 0; i < 4; i++)
        {
            await guest.DataAsync(channel, StreamId.StandardOutput, new byte[ProtocolLimits.MaxData]);
        }

        await guest.ExpectSignalAsync(channel, 9, SignalScope.All);
        Frame window = await guest.ExpectAsync(FrameType.Window);
        Assert.Equal(ProtocolLimits.InitialWindow, BinaryPrimitives.ReadInt32BigEndian(window.Payload));
        for (int i = 0; i < 4; i++)
        {
            await guest.DataAsync(channel, StreamId.StandardOutput, new byte[ProtocolLimits.MaxData]);
        }

        await guest.ExitAsync(channel, signal: 9);
        await stopping.Soon();
        Assert.True((await command.Completion.Soon()).Truncated);
        Assert.Equal(ProtocolLimits.InitialWindow, (await command.StandardOutput.ReadAllAsync()).Length);
    }

    [Fact]
    public async Task Disposing_closes_the_channel_and_tolerates_what_was_on_its_way()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync(new() { Arguments = ["x"], StandardInput = true });
        await using GuestConnection scope = connection;
        Task disposing = command.DisposeAsync().AsTask();
        Assert.Equal(channel, (await guest.ExpectAsync(FrameType.Close)).Channel);
        for (int i = 0; i < 4; i++)
        {
            await guest.DataAsync(channel, StreamId.StandardOutput, new byte[ProtocolLimits.MaxData]);
            await guest.DataAsync(channel, StreamId.StandardError, new byte[ProtocolLimits.MaxData]);
        }

        await guest.WindowAsync(channel, StreamId.StandardInput, 1);
        Assert.False(disposing.IsCompleted);
        await guest.ExitAsync(channel, signal: 9);
        await disposing.Soon();
        Assert.Equal(137, (await command.Completion.Soon()).ExitCode);
        Assert.True(connection.IsOpen);
        Assert.Equal(0, connection.OpenChannels);
        await command.DisposeAsync().AsTask().Soon();
    }

    [Fact]
    public async Task What_comes_for_a_disposed_command_is_still_bounded_by_its_credit()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync();
        Task disposing = command.DisposeAsync().AsTask();
        await guest.ExpectAsync(FrameType.Close);
        await guest.EofAsync(channel, StreamId.StandardOutput);
        await guest.DataAsync(channel, StreamId.StandardOutput, [1]);
        await connection.Closed.Soon();
        await disposing.Soon();
    }

    [Fact]
    public async Task Disposing_never_waits_longer_than_the_grace()
    {
        (_, GuestConnection connection, SandboxCommand command, _) = await ScriptedGuest.RunAsync(options: s_quick);
        await command.DisposeAsync().AsTask().Soon();
        await command.Completion.FailsWith(SandboxErrorId.GuestNotResponding);
        await connection.Closed.Soon();
    }

    [Fact]
    public async Task Disposing_after_the_end_says_nothing_to_the_guest()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync();
        await using GuestConnection scope = connection;
        await guest.ExitAsync(channel);
        await command.Completion.Soon();
        await command.DisposeAsync().AsTask().Soon();
        Assert.Null(await guest.NextAsync(TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public async Task A_start_that_is_not_answered_runs_into_the_hosts_deadline()
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync(s_quick);
        await connection.StartAsync(new() { Arguments = ["x"] }, CancellationToken.None).FailsWith(SandboxErrorId.GuestNotResponding);
        Assert.False(connection.IsOpen);
        await guest.ExpectAsync(FrameType.Open);
        await guest.ExpectAsync(FrameType.Close);
        await connection.Closed.Soon();
    }

    [Theory]
    [InlineData("started")]
    [InlineData("failed")]
    [InlineData("closed while starting")]
    public async Task A_cancelled_start_is_closed_whatever_the_guest_had_decided(string decision)
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using GuestConnection scope = connection;
        using var cancel = new CancellationTokenSource();
        Task<SandboxCommand> starting = connection.StartAsync(new() { Arguments = ["x"] }, cancel.Token);
        uint channel = (await guest.ExpectAsync(FrameType.Open)).Channel;
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting.Soon());
        await guest.ExpectAsync(FrameType.Close);
        Assert.Equal(1, connection.OpenChannels);
        switch (decision)
        {
            case "started":
                await guest.OpenedAsync(channel);
                await guest.DataAsync(channel, StreamId.StandardOutput, [1]);
                await guest.ExitAsync(channel, signal: 9);
                break;
            case "failed":
                await guest.SendAsync(FrameType.Fail, channel, new FailMessage(), ProtocolJson.Default.FailMessage);
                break;
            default:
                await guest.ExitAsync(channel, signal: 9);
                break;
        }

        await Waiting.Until(() => connection.OpenChannels == 0);
        Assert.True(connection.IsOpen);
        await guest.StartAsync(connection);
    }

    [Fact]
    public async Task Closing_the_connection_fails_its_commands()
    {
        (_, GuestConnection connection, SandboxCommand command, _) = await ScriptedGuest.RunAsync();
        await connection.DisposeAsync().AsTask().Soon();
        await command.Completion.FailsWith(SandboxErrorId.GuestDisconnected);
        await Assert.ThrowsAsync<SandboxException>(() => connection.StartAsync(new() { Arguments = ["x"] }, CancellationToken.None));
    }
}
