using AgentSandbox.Connection;
using AgentSandbox.Protocol;

namespace AgentSandbox.Tests.Connection;

/// <summary>Exit codes have 32 bits on Windows and 8 everywhere else.</summary>
public sealed class WideExitCodeTests
{
    [Theory]
    [InlineData(256)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(int.MaxValue)]
    public async Task A_guest_on_Windows_may_send_any_and_no_other(int code)
    {
        Assert.Equal(code, (await EndAsync([ProtocolFeatures.Windows], code)).ExitCode);
        SandboxException error = await Assert.ThrowsAsync<SandboxException>(() => EndAsync([], code));
        Assert.Equal(SandboxErrorId.ProtocolViolation, error.ErrorId);
        await Assert.ThrowsAsync<SandboxException>(() => EndAsync(["Windows", "pty"], code));
        await Assert.ThrowsAsync<SandboxException>(() => EndAsync(null!, code));
    }

    [Fact]
    public async Task A_code_and_a_signal_at_once_are_impossible_there_too() =>
        await Assert.ThrowsAsync<SandboxException>(() => EndAsync([ProtocolFeatures.Windows], code: 5, signal: 9));

    private static async Task<CommandExit> EndAsync(IReadOnlyList<string> features, int code, int signal = 0)
    {
        ScriptedGuest guest = ScriptedGuest.Create();
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, CancellationToken.None);
        await guest.ExpectAsync(FrameType.Hello);
        await guest.HelloAsync(new HelloMessage { Features = features });
        await using GuestConnection connection = await opening.Soon();
        (SandboxCommand command, uint channel) = await guest.StartAsync(connection);
        await guest.ExitAsync(channel, code, signal);
        return await command.Completion.Soon();
    }
}
