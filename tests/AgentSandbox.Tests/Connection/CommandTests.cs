using AgentSandbox.Connection;
using AgentSandbox.Protocol;
using AgentSandbox.Tests.Protocol;

namespace AgentSandbox.Tests.Connection;

public sealed class CommandTests
{
    [Fact]
    public async Task A_command_has_output_errors_and_an_exit_code()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync();
        await using GuestConnection scope = connection;
        Assert.Equal(1, connection.OpenChannels);

        await guest.DataAsync(channel, StreamId.StandardOutput, "out"u8.ToArray());
        await guest.DataAsync(channel, StreamId.StandardError, [0xFF, 0x00, 0xFE]);
        await guest.DataAsync(channel, StreamId.StandardOutput, "put"u8.ToArray());
        await guest.ExitAsync(channel, 3);

        CommandExit exit = await command.Completion.Soon();
        Assert.Equal((3, null, false, false), (exit.ExitCode, exit.Signal, exit.TimedOut, exit.Truncated));
        Assert.True(exit.Duration > TimeSpan.Zero);
        Assert.Equal("output"u8.ToArray(), await command.StandardOutput.ReadAllAsync());
        Assert.Equal([0xFF, 0x00, 0xFE], await command.StandardError.ReadAllAsync());
        Assert.Same(Stream.Null, command.StandardInput);
        Assert.Equal(0, connection.OpenChannels);
        Assert.True(connection.IsOpen);
    }

    [Fact]
    public async Task What_was_asked_for_arrives()
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using GuestConnection scope = connection;
        var command = new CommandSpecification
        {
            Arguments = ["tar-create", "ü", ""],
            Self = true,
            Environment = new Dictionary<string, string> { ["A"] = "=\n" },
            WorkingDirectory = "/w",
            User = "u:g",
            StandardInput = true,
        };
        Task<SandboxCommand> starting = connection.StartAsync(command, CancellationToken.None);
        Frame frame = await guest.ExpectAsync(FrameType.Open);
        OpenMessage open = ProtocolJson.Read(frame.Payload, ProtocolJson.Default.OpenMessage);
        await guest.OpenedAsync(frame.Channel);
        await starting.Soon();

        Assert.Equal(command.Arguments, open.Arguments);
        Assert.Equal(command.Environment, open.Environment);
        Assert.Equal((true, "/w", "u:g", true), (open.Self, open.WorkingDirectory, open.User, open.StandardInput));
    }

    [Fact]
    public async Task Every_exit_code_and_signal_is_exact()
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using GuestConnection scope = connection;
        for (int code = 0; code <= 255; code++)
        {
            (SandboxCommand command, uint channel) = await guest.StartAsync(connection);
            await guest.ExitAsync(channel, code);
            CommandExit exit = await command.Completion.Soon();
            Assert.Equal((code, null), (exit.ExitCode, exit.Signal));
        }

        for (int signal = 1; signal <= 64; signal++)
        {
            (SandboxCommand command, uint channel) = await guest.StartAsync(connection);
            await guest.ExitAsync(channel, signal: signal, truncated: true);
            CommandExit exit = await command.Completion.Soon();
            Assert.Equal((128 + signal, signal, true), (exit.ExitCode, exit.Signal, exit.Truncated));
        }
    }

    [Fact]
    public async Task Channels_increase_on_the_wire_also_when_commands_start_at_once()
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using GuestConnection scope = connection;
        uint last = 0;
        for (int round = 0; round < 10; round++)
        {
            Task<SandboxCommand>[] starting = [.. Enumerable.Range(0, ProtocolLimits.MaxChannels)
                .Select(_ => Task.Run(() => connection.StartAsync(new CommandSpecification { Arguments = ["x"] }, CancellationToken.None)))];
            for (int i = 0; i < starting.Length; i++)
            {
                uint channel = (await guest.ExpectAsync(FrameType.Open)).Channel;
                Assert.True(channel > last);
                last = channel;
                await guest.OpenedAsync(channel);
                await guest.ExitAsync(channel);
            }

            foreach (SandboxCommand command in await Task.WhenAll(starting).Soon())
            {
                await command.Completion.Soon();
            }
        }
    }

    [Fact]
    public async Task More_commands_than_channels_are_refused_until_one_ends()
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using GuestConnection scope = connection;
        (SandboxCommand first, uint firstChannel) = await guest.StartAsync(connection);
        for (int i = 1; i < ProtocolLimits.MaxChannels; i++)
        {
            await guest.StartAsync(connection);
        }

        await Assert.ThrowsAsync<SandboxException>(() => connection.StartAsync(new CommandSpecification { Arguments = ["x"] }, CancellationToken.None));
        await guest.ExitAsync(firstChannel);
        await first.Completion.Soon();
        await guest.StartAsync(connection);
    }

    [Theory]
    [InlineData(FailKind.CommandNotFound, SandboxErrorId.CommandNotFound)]
    [InlineData(FailKind.NotExecutable, SandboxErrorId.CommandNotExecutable)]
    [InlineData(FailKind.ArgumentListTooLong, SandboxErrorId.ArgumentListTooLong)]
    [InlineData(FailKind.WorkingDirectory, SandboxErrorId.WorkingDirectoryNotFound)]
    [InlineData(FailKind.User, SandboxErrorId.UserNotFound)]
    [InlineData(FailKind.ResourceExhausted, SandboxErrorId.ResourceExhausted)]
    [InlineData(FailKind.Busy, SandboxErrorId.ResourceExhausted)]
    [InlineData(FailKind.Internal, SandboxErrorId.CommandFailed)]
    [InlineData("Later", SandboxErrorId.CommandFailed)]
    public async Task A_failed_start_has_its_own_error_and_leaves_the_connection_open(string kind, string errorId)
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using GuestConnection scope = connection;
        Task<SandboxCommand> starting = connection.StartAsync(new CommandSpecification { Arguments = ["x"] }, CancellationToken.None);
        uint channel = (await guest.ExpectAsync(FrameType.Open)).Channel;
        var fail = new FailMessage { Kind = kind, Errno = 2, Stage = "execve", Detail = "a\u001b]0;title\u0007b\r\n\u202Ec" + new string('x', 100_000) };
        await guest.SendAsync(FrameType.Fail, channel, fail, ProtocolJson.Default.FailMessage);

        SandboxException error = await starting.FailsWith(errorId);
        Assert.Contains("execve", error.Message, StringComparison.Ordinal);
        Assert.Contains("a]0;titlebc", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 1, 1000);
        Assert.NotEmpty(error.RecommendedAction);
        Assert.Equal(0, connection.OpenChannels);
        await guest.StartAsync(connection);
    }

    [Fact]
    public async Task A_fail_of_nulls_is_still_an_error()
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using GuestConnection scope = connection;
        Task<SandboxCommand> starting = connection.StartAsync(new CommandSpecification { Arguments = ["x"] }, CancellationToken.None);
        uint channel = (await guest.ExpectAsync(FrameType.Open)).Channel;
        await guest.SendAsync(FrameType.Fail, channel, 0, "{\"kind\":null,\"stage\":null,\"detail\":null}"u8.ToArray());
        await starting.FailsWith(SandboxErrorId.CommandFailed);
    }

    public static TheoryData<string, CommandSpecification> Impossible() => new()
    {
        { SandboxErrorId.InvalidSpecification, new() { Arguments = [] } },
        { SandboxErrorId.InvalidSpecification, new() { Arguments = [""] } },
        { SandboxErrorId.InvalidSpecification, new() { Arguments = ["a", "b\0c"] } },
        { SandboxErrorId.InvalidSpecification, new() { Arguments = ["a"], WorkingDirectory = "/\0" } },
        { SandboxErrorId.InvalidSpecification, new() { Arguments = ["a"], User = "\0" } },
        { SandboxErrorId.InvalidSpecification, new() { Arguments = ["a"], Timeout = TimeSpan.Zero } },
        { SandboxErrorId.InvalidEnvironment, new() { Arguments = ["a"], Environment = new Dictionary<string, string> { ["a=b"] = "c" } } },
        { SandboxErrorId.InvalidEnvironment, new() { Arguments = ["a"], Environment = new Dictionary<string, string> { [""] = "c" } } },
        { SandboxErrorId.InvalidEnvironment, new() { Arguments = ["a"], Environment = new Dictionary<string, string> { ["a"] = "\0" } } },
        { SandboxErrorId.InvalidEnvironment, new() { Arguments = ["a"], Environment = new Dictionary<string, string> { ["a"] = null! } } },
        { SandboxErrorId.ArgumentListTooLong, new() { Arguments = ["a", new string('x', ProtocolLimits.MaxOpen)] } },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task What_no_system_can_run_is_not_even_asked_for(string errorId, CommandSpecification command)
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using GuestConnection scope = connection;
        await connection.StartAsync(command, CancellationToken.None).FailsWith(errorId);
        Assert.Equal(0, connection.OpenChannels);
        await guest.StartAsync(connection); // Its OPEN is the first frame that the guest sees.
    }

    [Fact]
    public async Task Two_megabytes_of_arguments_reach_the_guest_whole()
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using GuestConnection scope = connection;
        string argument = new('y', 2 * 1024 * 1024);
        Task<SandboxCommand> starting = connection.StartAsync(new CommandSpecification { Arguments = ["x", argument] }, CancellationToken.None);
        var json = new List<byte>();
        Frame frame;
        do
        {
            frame = await guest.ExpectAsync(FrameType.Open);
            json.AddRange(frame.Payload);
        }
        while (frame.Flags == FrameFlags.More);

        Assert.Equal(argument, ProtocolJson.Read([.. json], ProtocolJson.Default.OpenMessage).Arguments[1]);
        await guest.OpenedAsync(frame.Channel);
        await starting.Soon();
    }

    [Fact]
    public async Task Signals_are_sent_with_their_scope()
    {
        (ScriptedGuest guest, GuestConnection connection, SandboxCommand command, uint channel) = await ScriptedGuest.RunAsync();
        await using GuestConnection scope = connection;
        await command.SignalAsync(2, SignalScope.Group);
        await guest.ExpectSignalAsync(channel, 2, SignalScope.Group);
        await command.SignalAsync(64, SignalScope.Leader);
        await guest.ExpectSignalAsync(channel, 64, SignalScope.Leader);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => command.SignalAsync(0, SignalScope.Leader));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => command.SignalAsync(65, SignalScope.Leader));

        await guest.ExitAsync(channel);
        await command.Completion.Soon();
        await command.SignalAsync(9, SignalScope.All);
        Assert.Null(await guest.NextAsync(TimeSpan.FromMilliseconds(50)));
    }

    [Fact]
    public async Task A_ping_is_answered_with_its_payload()
    {
        (ScriptedGuest guest, GuestConnection connection) = await ScriptedGuest.OpenAsync();
        await using GuestConnection scope = connection;
        await guest.SendAsync(FrameType.Ping, 0, 0, [1, 2, 3]);
        Assert.Equal([1, 2, 3], (await guest.ExpectAsync(FrameType.Pong)).Payload);
    }
}
