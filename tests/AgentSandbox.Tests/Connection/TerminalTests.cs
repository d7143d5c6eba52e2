using AgentSandbox.Connection;
using AgentSandbox.Protocol;
using AgentSandbox.Tests.Protocol;

namespace AgentSandbox.Tests.Connection;

/// <summary>What the host asks a guest for when a command is to have a terminal.</summary>
public sealed class TerminalTests
{
    private static readonly CommandSpecification s_shell = CommandSpecification.LoginShell(new TerminalSize(100, 30), "-l");

    [Fact]
    public async Task A_guest_that_does_not_know_terminals_is_never_asked_for_one()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        await using GuestConnection connection = await OpenAsync(guest, ["pty", "windows"]);
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => connection.StartAsync(s_shell, CancellationToken.None));
        Assert.Equal(SandboxErrorId.TerminalNotSupported, e.ErrorId);
        Assert.Equal(0, connection.OpenChannels);
        (SandboxCommand plain, uint channel) = await guest.StartAsync(connection); // Its first OPEN: nothing was sent before.
        await guest.ExitAsync(channel);
        Assert.Equal(0, (await plain.Completion.Soon()).ExitCode);
    }

    [Fact]
    public async Task The_request_and_the_sizes_arrive()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        await using GuestConnection connection = await OpenAsync(guest, [ProtocolFeatures.Terminal]);
        Task<SandboxCommand> starting = connection.StartAsync(s_shell, CancellationToken.None);
        Frame frame = await guest.ExpectAsync(FrameType.Open);
        OpenMessage open = ProtocolJson.Read(frame.Payload, ProtocolJson.Default.OpenMessage);
        Assert.Equal((true, true, (ushort)100, (ushort)30), (open.LoginShell, open.StandardInput, open.Terminal!.Columns, open.Terminal.Rows));
        Assert.Equal(["/bin/sh", "-l"], open.Arguments);
        await guest.OpenedAsync(frame.Channel);
        SandboxCommand command = await starting.Soon();
        await command.ResizeAsync(new TerminalSize(ushort.MaxValue, 0));
        Frame resize = await guest.ExpectAsync(FrameType.Resize);
        TerminalMessage size = ProtocolJson.Read(resize.Payload, ProtocolJson.Default.TerminalMessage);
        Assert.Equal((frame.Channel, ushort.MaxValue, (ushort)0), (resize.Channel, size.Columns, size.Rows));
        await guest.ExitAsync(frame.Channel);
        await command.Completion.Soon();
        await command.ResizeAsync(TerminalSize.Default); // Late, and no error.
    }

    [Fact]
    public async Task Stopping_it_hangs_up_first()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        await using GuestConnection connection = await OpenAsync(guest, [ProtocolFeatures.Terminal]);
        (SandboxCommand command, uint channel) = await guest.StartAsync(connection, s_shell);
        Task stopping = command.StopAsync();
        await guest.ExpectSignalAsync(channel, 1, SignalScope.All);
        await guest.ExpectSignalAsync(channel, 15, SignalScope.All);
        await guest.ExitAsync(channel, signal: 1);
        await stopping.Soon();
        Assert.Equal(129, (await command.Completion.Soon()).ExitCode);
    }

    [Fact]
    public async Task A_guest_without_pseudo_terminals_is_told_apart()
    {
        await using ScriptedGuest guest = ScriptedGuest.Create();
        await using GuestConnection connection = await OpenAsync(guest, [ProtocolFeatures.Terminal]);
        Task<SandboxCommand> starting = connection.StartAsync(s_shell, CancellationToken.None);
        Frame frame = await guest.ExpectAsync(FrameType.Open);
        await guest.SendAsync(FrameType.Fail, frame.Channel, new FailMessage { Kind = FailKind.Terminal, Errno = 2, Stage = "open /dev/ptmx" }, ProtocolJson.Default.FailMessage);
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => starting.Soon());
        Assert.Equal(SandboxErrorId.TerminalNotSupported, e.ErrorId);
    }

    private static async Task<GuestConnection> OpenAsync(ScriptedGuest guest, IReadOnlyList<string> features)
    {
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, CancellationToken.None);
        await guest.ExpectAsync(FrameType.Hello);
        await guest.HelloAsync(new HelloMessage { Features = features });
        return await opening.Soon();
    }
}
