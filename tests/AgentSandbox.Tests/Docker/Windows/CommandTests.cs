using System.Security.Cryptography;
using AgentSandbox.Backends.Docker.Windows;
using AgentSandbox.Protocol;

namespace AgentSandbox.Tests.Docker.Windows;

public sealed class CommandTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly WindowsSandboxes _windows = new();
    private Sandbox _sandbox = null!;

    public async Task InitializeAsync() => _sandbox = await _windows.CreateAsync(WindowsSandboxes.Specification with { WorkingDirectory = @"C:\Temp" });

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public ValueTask DisposeAsync() => _windows.DisposeAsync();

    [Fact]
    public async Task Bytes_come_through_both_ways()
    {
        byte[] sent = RandomNumberGenerator.GetBytes(3_000_000);
        CommandResult result = await _windows.Manager.RunAsync(_sandbox.Id, new() { Arguments = ["cat"], StandardInput = true }, new MemoryStream(sent), WindowsSandboxes.Soon);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(sent, result.StandardOutputBytes);
        Assert.False(result.Truncated);
    }

    [Fact]
    public async Task Without_input_a_command_reads_the_end_at_once() => Assert.Empty((await _windows.RunAsync(_sandbox, "cat")).StandardOutputBytes);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("3", 3)]
    [InlineData("3221225477", unchecked((int)0xC0000005))]
    public async Task Streams_are_apart_and_exit_codes_exact(string code, int expected)
    {
        CommandResult result = await _windows.RunAsync(_sandbox, "both", code);
        Assert.Equal(("out", "err", expected), (result.StandardOutput, result.StandardError, result.ExitCode));
        Assert.Null(result.Signal);
    }

    [Fact]
    public async Task Arguments_go_as_they_are() => Assert.Equal("a b|\"c\"|", (await _windows.RunAsync(_sandbox, "arguments", "a b", "\"c\"", "")).StandardOutput);

    [Fact]
    public async Task User_folder_and_variables_are_the_command_s_then_the_sandbox_s()
    {
        Assert.Equal(@"ContainerUser C:\Temp ", (await _windows.RunAsync(_sandbox, "about")).StandardOutput);
        CommandResult other = await _windows.Manager.RunAsync(_sandbox.Id, new() { Arguments = ["about"], User = "ContainerAdministrator", WorkingDirectory = @"C:\", Environment = new Dictionary<string, string> { ["A"] = "1" } });
        Assert.Equal(@"ContainerAdministrator C:\ A=1", other.StandardOutput);
    }

    [Theory]
    [InlineData("0:0")]
    [InlineData("1000")]
    public async Task Users_that_Windows_does_not_have_are_refused(string user) => Assert.Equal(
        SandboxErrorId.InvalidSpecification,
        (await Assert.ThrowsAsync<SandboxException>(() => _windows.Manager.RunAsync(_sandbox.Id, new() { Arguments = ["about"], User = user }))).ErrorId);

    [Theory]
    [InlineData("dir & echo %PATH%")]
    [InlineData("echo \"a & b\" > \"x y\"")]
    [InlineData("for %i in (1) do echo \"it\"")]
    public async Task A_line_goes_to_cmd(string line) => Assert.Equal(line, (await _windows.Manager.RunAsync(_sandbox.Id, CommandSpecification.Shell(line))).StandardOutput);

    [Theory]
    [InlineData("\"%ProgramFiles%\\x\"")]
    [InlineData("echo a\necho b")]
    public async Task A_line_that_would_not_arrive_as_it_is_is_refused(string line) => Assert.Equal(
        SandboxErrorId.InvalidSpecification,
        (await Assert.ThrowsAsync<SandboxException>(() => _windows.Manager.RunAsync(_sandbox.Id, CommandSpecification.Shell(line)))).ErrorId);

    [Fact]
    public async Task A_command_that_does_not_exist_is_no_exit_code()
    {
        SandboxException error = await Assert.ThrowsAsync<SandboxException>(() => _windows.RunAsync(_sandbox, "nosuch"));
        Assert.Equal(SandboxErrorId.CommandNotFound, error.ErrorId);
        Assert.Contains("cannot find the file", error.Message, StringComparison.Ordinal);
        Assert.Equal(127, (await _windows.RunAsync(_sandbox, "both", "127")).ExitCode);
    }

    [Fact]
    public async Task A_time_out_ends_the_command_by_taskkill_and_the_sandbox_lives_on()
    {
        CommandResult result = await _windows.Manager.RunAsync(_sandbox.Id, new() { Arguments = ["wait"], Timeout = TimeSpan.FromSeconds(0.5) });
        Assert.Equal((124, true, "waiting"), (result.ExitCode, result.TimedOut, result.StandardOutput));
        StandInContainer container = _windows.Container(_sandbox);
        Assert.True(container.IsRunning);
        StandInProcess killer = container.Execs.Values.Single(e => e.Request.Cmd[0] == WindowsPrograms.TaskKill);
        Assert.Equal("ContainerAdministrator", killer.Request.User);
    }

    [Fact]
    public async Task Without_taskkill_a_time_out_stops_the_whole_sandbox()
    {
        _windows.Engine.Programs.TryRemove(WindowsPrograms.TaskKill, out _);
        CommandResult result = await _windows.Manager.RunAsync(_sandbox.Id, new() { Arguments = ["wait"], Timeout = TimeSpan.FromSeconds(0.5) });
        Assert.Equal((124, true), (result.ExitCode, result.TimedOut));
        Assert.False(_windows.Container(_sandbox).IsRunning);
    }

    [Fact]
    public async Task A_taskkill_that_lies_does_not_help()
    {
        _windows.Engine.Programs[WindowsPrograms.TaskKill] = _ => Task.FromResult(0L);
        await using SandboxCommand command = await _windows.Manager.StartCommandAsync(_sandbox.Id, new() { Arguments = ["wait"] });
        await command.StopAsync();
        Assert.Equal((137, 9), ((await command.Completion).ExitCode, (await command.Completion).Signal!.Value));
        Assert.False(_windows.Container(_sandbox).IsRunning);
    }

    [Fact]
    public async Task Signals_end_a_command_or_are_refused()
    {
        await using SandboxCommand command = await _windows.Manager.StartCommandAsync(_sandbox.Id, new() { Arguments = ["wait"] });
        Assert.Equal(SandboxErrorId.NotEnforceable, (await Assert.ThrowsAsync<SandboxException>(() => command.SignalAsync(10, SignalScope.Leader))).ErrorId);
        await command.SignalAsync(15, SignalScope.All);
        Assert.Equal(137, (await command.Completion).ExitCode);
    }

    [Fact]
    public async Task Disposing_a_command_ends_it()
    {
        await using (await _windows.Manager.StartCommandAsync(_sandbox.Id, new() { Arguments = ["wait"] }))
        {
        }

        Assert.DoesNotContain(_windows.Engine.Execs, e => e.Running);
        Assert.True(_windows.Container(_sandbox).IsRunning);
    }

    [Fact]
    public async Task Output_that_nobody_reads_holds_up_the_command_and_not_its_end()
    {
        await using SandboxCommand command = await _windows.Manager.StartCommandAsync(_sandbox.Id, new() { Arguments = ["flood"] });
        await Assert.ThrowsAsync<TimeoutException>(() => command.Completion.WaitAsync(TimeSpan.FromSeconds(0.5)));
        await command.StopAsync();
        Assert.Equal((137, true), ((await command.Completion).ExitCode, (await command.Completion).Truncated));
    }

    [Fact]
    public async Task A_sandbox_that_is_stopped_under_a_command_is_no_exit_code()
    {
        await using SandboxCommand command = await _windows.Manager.StartCommandAsync(_sandbox.Id, new() { Arguments = ["wait"] });
        await _windows.Manager.StopAsync(_sandbox.Id);
        Assert.Equal(SandboxErrorId.GuestDisconnected, (await Assert.ThrowsAsync<SandboxException>(() => command.Completion)).ErrorId);
    }

    [Fact]
    public async Task Many_at_once()
    {
        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => _windows.RunAsync(_sandbox, "arguments", $"{i}")));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), results.Select(r => r.StandardOutput));
    }
}
