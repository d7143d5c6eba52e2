using AgentSandbox.Backends.WindowsSandbox.Cli;

namespace AgentSandbox.Tests.WindowsSandbox;

public sealed class WsbCliTests
{
    private const string Id = "9a2c5e7b-0d1f-4b3a-8c6d-1e2f3a4b5c6d";
    private readonly Runner _runner = new();
    private readonly WsbCli _cli;

    public WsbCliTests() => _cli = new WsbCli("/wsb.exe", _runner, _runner);

    [Fact]
    public async Task Every_verb_is_raw_and_each_value_an_argument()
    {
        _runner.Answer($$"""{"WindowsSandboxEnvironments":[{"Id":"{{Id}}"}]}""");
        Assert.Equal([Id], await _cli.ListAsync(default));
        Assert.Equal(["list", "--raw"], _runner.Arguments);

        _runner.Answer($$"""{"Id":"{{Id}}"}""");
        Assert.Equal(Id, await _cli.StartAsync(Id, "<Configuration/>", default));
        Assert.Equal(["start", "--id", Id, "--config", "<Configuration/>", "--raw"], _runner.Arguments);

        _runner.Answer("""{"ExitCode":7}""");
        Assert.Equal(7, await _cli.ExecAsync(Id, "a b --raw", WsbRunAs.ExistingLogin, null, default));
        Assert.Equal(["exec", "--id", Id, "--command", "a b --raw", "--run-as", "ExistingLogin", "--raw"], _runner.Arguments);
        Assert.Null(_runner.Timeout); // As long as the command.
        await _cli.ExecAsync(Id, "x", WsbRunAs.System, @"C:\", default);
        Assert.Equal(["exec", "--id", Id, "--command", "x", "--run-as", "System", "--raw", "--working-directory", @"C:\"], _runner.Arguments);

        _runner.Answer("Freigegeben.");
        await _cli.ShareAsync(Id, @"C:\a", @"C:\b", true, default);
        Assert.Equal(["share", "--id", Id, "--host-path", @"C:\a", "--sandbox-path", @"C:\b", "--raw", "--allow-write"], _runner.Arguments);
        await _cli.ShareAsync(Id, @"C:\a", @"C:\b", false, default);
        Assert.DoesNotContain("--allow-write", _runner.Arguments);
        await _cli.StopAsync(Id, default);
        Assert.Equal(["stop", "--id", Id, "--raw"], _runner.Arguments);
        Assert.NotNull(_runner.Timeout);

        _runner.Answer("""{"Networks":[{"IpV4Address":"172.27.0.2"}]}""");
        Assert.Equal(["172.27.0.2"], await _cli.IpAsync(Id, default));
    }

    [Fact]
    public async Task A_failed_dispatch_is_no_exit_code()
    {
        _runner.Next = new ProgramResult(WsbStatus.NoLogonSession, "", "A specified logon session does not exist. (0x80070520)");
        WsbException e = await Assert.ThrowsAsync<WsbException>(() => _cli.ExecAsync(Id, "x", WsbRunAs.ExistingLogin, null, default));
        Assert.Equal(WsbStatus.NoLogonSession, e.Status);
        Assert.Equal("exec", e.Verb);
    }

    [Fact]
    public async Task Words_on_standard_error_make_an_answer_unbelievable()
    {
        _runner.Next = new ProgramResult(0, """{"ExitCode":0}""", "Etwas ging schief. (0x80070002)");
        WsbException e = await Assert.ThrowsAsync<WsbException>(() => _cli.ExecAsync(Id, "x", WsbRunAs.ExistingLogin, null, default));
        Assert.Equal(WsbStatus.FileNotFound, e.Status);
    }

    [Fact]
    public async Task An_error_text_never_becomes_part_of_an_answer()
    {
        _runner.Next = new ProgramResult(0, "", """{"WindowsSandboxEnvironments":[]}""");
        await Assert.ThrowsAsync<WsbException>(() => _cli.ListAsync(default));
    }

    [Fact]
    public async Task A_time_out_and_a_program_that_does_not_start_are_its_failures()
    {
        _runner.Failure = new TimeoutException("slow");
        Assert.Null((await Assert.ThrowsAsync<WsbException>(() => _cli.ListAsync(default))).Status);
        _runner.Failure = new ProgramException("gone");
        Assert.Contains("gone", (await Assert.ThrowsAsync<WsbException>(() => _cli.StopAsync(Id, default))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(0, false)]
    [InlineData(3, true)]
    public async Task A_client_may_live_or_end_well_and_fail_only_by_its_code(int? code, bool fails)
    {
        _runner.Launched = code;
        Exception? thrown = await Record.ExceptionAsync(() => _cli.ConnectAsync(Id, default));
        Assert.Equal(fails, thrown is WsbException);
        Assert.Equal(["connect", "--id", Id, "--raw"], _runner.Arguments);
    }

    [Fact]
    public async Task The_real_runner_keeps_the_streams_apart_and_bounds_time_and_output()
    {
        var runner = new ProgramRunner();
        ProgramResult result = await runner.RunAsync("/bin/sh", ["-c", "echo out; echo err >&2; exit 3"], TimeSpan.FromSeconds(30), default);
        Assert.Equal(new ProgramResult(3, "out\n", "err\n"), result);
        await Assert.ThrowsAsync<TimeoutException>(() => runner.RunAsync("/bin/sh", ["-c", "exec sleep 100"], TimeSpan.FromMilliseconds(100), default));
        await Assert.ThrowsAsync<ProgramException>(() => runner.RunAsync("/nonexistent/wsb.exe", ["list"], null, default));
        await Assert.ThrowsAsync<ProgramException>(() => runner.RunAsync("/bin/sh", ["-c", "exec cat /dev/zero"], TimeSpan.FromSeconds(30), default));
        using var cancel = new CancellationTokenSource(100);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runner.RunAsync("/bin/sh", ["-c", "exec sleep 100"], null, cancel.Token));
    }

    private sealed class Runner : IProgramRunner, IClientLauncher
    {
        public ProgramResult Next { get; set; } = new(0, "", "");

        public Exception? Failure { get; set; }

        public int? Launched { get; set; }

        public IReadOnlyList<string> Arguments { get; private set; } = [];

        public TimeSpan? Timeout { get; private set; }

        public void Answer(string text) => Next = new ProgramResult(0, text, "");

        public Task<ProgramResult> RunAsync(string program, IReadOnlyList<string> arguments, TimeSpan? timeout, CancellationToken cancellationToken)
        {
            Assert.Equal("/wsb.exe", program);
            Arguments = arguments;
            Timeout = timeout;
            return Failure is null ? Task.FromResult(Next) : Task.FromException<ProgramResult>(Failure);
        }

        public Task<int?> LaunchAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
        {
            Arguments = arguments;
            return Task.FromResult(Launched);
        }
    }
}
