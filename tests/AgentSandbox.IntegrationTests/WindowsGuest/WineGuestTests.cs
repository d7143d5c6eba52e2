using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using AgentSandbox.IntegrationTests.Wine;
using AgentSandbox.Isolation;
using AgentSandbox.Protocol;
using Xunit.Abstractions;

namespace AgentSandbox.IntegrationTests.WindowsGuest;

/// <summary>Commands in the real Windows guest, over the real file channel. Wine is not Windows: what it can't show is said in docs/design/file-channel.md.</summary>
[Collection(WineCollection.Name)]
public sealed class WineGuestTests(WineMachine machine, ITestOutputHelper output) : IAsyncLifetime
{
    private WineGuest _guest = null!;

    public async Task InitializeAsync() => _guest = await WineGuest.StartAsync(machine);

    public async Task DisposeAsync() => await _guest.DisposeAsync();

    [Fact]
    public async Task A_command_gives_both_streams_and_its_exit_code()
    {
        CommandResult result = await _guest.RunAsync("cmd.exe", "/c", "echo out& echo err>&2& exit 7");
        Assert.Equal((7, "out\r\n", "err\r\n"), (result.ExitCode, result.StandardOutput, result.StandardError));
        Assert.False(result.Truncated);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public async Task Exit_codes_have_32_bits(int code) => Assert.Equal(code, (await _guest.RunAsync(WineGuest.TestProgram, "exit", $"{code}")).ExitCode);

    [Fact]
    public async Task Standard_input_of_50_MB_comes_back_as_it_was()
    {
        byte[] data = RandomNumberGenerator.GetBytes(50_000_000);
        var time = Stopwatch.StartNew();
        CommandResult result = await _guest.RunAsync(new CommandSpecification { Arguments = [WineGuest.TestProgram, "copy"] }, data);
        output.WriteLine($"{data.Length / 1e6 / time.Elapsed.TotalSeconds:0} MB/s there and back");
        Assert.Equal(0, result.ExitCode);
        Assert.True(data.AsSpan().SequenceEqual(result.StandardOutputBytes), "The bytes differ.");
    }

    [Fact]
    public async Task Without_input_there_is_nothing_to_read()
    {
        CommandResult result = await _guest.RunAsync(WineGuest.TestProgram, "copy");
        Assert.Equal((0, ""), (result.ExitCode, result.StandardOutput));
    }

    [Fact]
    public async Task Arguments_arrive_as_they_were_given()
    {
        var random = new Random(20240817);
        const string letters = "ab \t\"\\'%&|<>^()!*?ä😀\n";
        for (int round = 0; round < 4; round++)
        {
            string[] arguments = [.. Enumerable.Range(0, 200).Select(_ => string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => letters.EnumerateRunes().ElementAt(random.Next(letters.EnumerateRunes().Count())).ToString())))];
            CommandResult result = await _guest.RunAsync([WineGuest.TestProgram, "args", .. arguments]);
            string[] lines = result.StandardOutput.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(arguments, lines.Select(l => Encoding.BigEndianUnicode.GetString(Convert.FromHexString(l[1..]))));
        }
    }

    [Fact]
    public async Task The_environment_is_a_logons_and_the_hosts_and_not_the_guests()
    {
        CommandResult result = await _guest.RunAsync(new CommandSpecification
        {
            Arguments = [WineGuest.TestProgram, "environment"],
            Environment = new Dictionary<string, string> { ["GREETING"] = "häy = x", ["temp"] = "C:\\mine" },
        });
        string[] lines = result.StandardOutput.Split("\r\n");
        Assert.Contains("GREETING=häy = x", lines);
        Assert.Contains("temp=C:\\mine", lines);
        Assert.DoesNotContain(lines, l => l.StartsWith("TEMP=", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("SystemRoot=", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(lines, l => l.StartsWith("PATH=", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(lines, l => l.StartsWith(WineGuest.OwnVariable, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_working_folder_is_the_one_asked_for_or_an_error()
    {
        CommandResult result = await _guest.RunAsync(new CommandSpecification { Arguments = [WineGuest.TestProgram, "folder"], WorkingDirectory = "C:\\windows\\system32" });
        Assert.Equal("C:\\windows\\system32", result.StandardOutput.Trim(), ignoreCase: true);
        foreach (string folder in new[] { "C:\\no such folder", "relative", "/" })
        {
            await RefusedAsync(SandboxErrorId.WorkingDirectoryNotFound, new CommandSpecification { Arguments = ["cmd.exe"], WorkingDirectory = folder });
        }
    }

    [Fact]
    public async Task What_can_not_start_says_why()
    {
        await RefusedAsync(SandboxErrorId.CommandNotFound, new CommandSpecification { Arguments = ["no-such-program"] });
        await RefusedAsync(SandboxErrorId.CommandNotFound, new CommandSpecification { Arguments = ["echo", "a builtin of a shell is no program"] });
        await RefusedAsync(SandboxErrorId.UserNotFound, new CommandSpecification { Arguments = ["cmd.exe"], User = "somebody" });
        await RefusedAsync(SandboxErrorId.ArgumentListTooLong, new CommandSpecification { Arguments = ["cmd.exe", new string('x', 40_000)] });
        string noProgram = Path.Combine(machine.DriveC, "no-program.exe");
        await File.WriteAllTextAsync(noProgram, "this is text");
        await RefusedAsync(SandboxErrorId.CommandNotExecutable, new CommandSpecification { Arguments = ["C:\\no-program.exe"] });
        File.Delete(noProgram);
    }

    [Fact]
    public async Task A_batch_file_gets_its_arguments_and_no_argument_becomes_a_command()
    {
        string script = Path.Combine(machine.DriveC, "it is.cmd");
        await File.WriteAllTextAsync(script, "@echo [%1][%2]\r\n");
        CommandResult result = await _guest.RunAsync("C:\\it is.cmd", "a & echo owned", "x^|y");
        Assert.Equal("[\"a & echo owned\"][\"x^|y\"]", result.StandardOutput.Trim());
        await RefusedAsync(SandboxErrorId.CommandNotExecutable, new CommandSpecification { Arguments = ["C:\\it is.cmd", "\"&calc&\""] });
        await RefusedAsync(SandboxErrorId.CommandNotExecutable, new CommandSpecification { Arguments = ["C:\\it is.cmd", "%PATH%"] });
        File.Delete(script);
    }

    [Fact]
    public async Task Sixty_four_commands_at_once()
    {
        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, ProtocolLimits.MaxChannels).Select(i => _guest.RunAsync("cmd.exe", "/c", $"echo {i}& exit {i}")));
        Assert.All(results, (r, i) => Assert.Equal((i, $"{i}\r\n"), (r.ExitCode, r.StandardOutput)));
    }

    [Fact]
    public async Task A_time_out_ends_the_whole_tree()
    {
        CommandResult result = await _guest.RunAsync(new CommandSpecification { Arguments = [WineGuest.TestProgram, "tree", "2"], Timeout = TimeSpan.FromSeconds(8) });
        Assert.True(result.TimedOut);
        string[] ids = result.StandardOutput.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, ids.Length);
        await NobodyIsLeftAsync();
    }

    [Fact]
    public async Task A_child_left_behind_neither_holds_the_call_nor_is_ended_by_it()
    {
        var time = Stopwatch.StartNew();
        CommandResult result = await _guest.RunAsync(WineGuest.TestProgram, "leave");
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("left", result.StandardOutput, StringComparison.Ordinal);
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(20), $"{time.Elapsed}");
        await WaitForAsync(() => TestPrograms() == 1); // The first one is still going.
        await _guest.KillAsync();
        await NobodyIsLeftAsync(); // With the guest its jobs end.
    }

    [Fact]
    public async Task A_killed_guest_takes_its_commands_along()
    {
        await using SandboxCommand command = await _guest.Connection.StartAsync(new CommandSpecification { Arguments = [WineGuest.TestProgram, "tree", "1"] }, CancellationToken.None);
        await WaitForAsync(() => TestPrograms() == 2);
        await _guest.KillAsync();
        await NobodyIsLeftAsync();
    }

    [Fact]
    public async Task A_connection_that_ends_takes_its_commands_along_and_leaves_no_files()
    {
        await using (Connection.GuestConnection connection = await _guest.ConnectAsync())
        {
            _ = await connection.StartAsync(new CommandSpecification { Arguments = [WineGuest.TestProgram, "tree", "1"] }, CancellationToken.None);
            await WaitForAsync(() => TestPrograms() == 2);
        }

        await NobodyIsLeftAsync();
        await WaitForAsync(() => Directory.GetDirectories(_guest.Up).Length == 1 && Directory.GetDirectories(_guest.Down).Length == 1);
    }

    [Fact]
    public async Task SIGKILL_is_told_as_one()
    {
        await using SandboxCommand command = await _guest.Connection.StartAsync(new CommandSpecification { Arguments = [WineGuest.TestProgram, "tree", "1"] }, CancellationToken.None);
        await WaitForAsync(() => TestPrograms() == 2);
        await command.SignalAsync(9, SignalScope.All);
        CommandExit exit = await command.Completion.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((137, 9), (exit.ExitCode, exit.Signal));
        await NobodyIsLeftAsync();
    }

    [Fact]
    public async Task A_probe_answers_as_the_host_reads_it()
    {
        CommandResult result = await _guest.RunAsync(new CommandSpecification { Arguments = ["probe", "wsb.processes", "no-process-begins-like-this-"], Self = true });
        ProbeAnswer answer = ProbeAnswer.Parse(result.StandardOutputBytes);
        output.WriteLine(answer.Detail);
        Assert.True(answer.SelfTest);
        Assert.Equal(ProbeOutcome.Closed, answer.Outcome);
        result = await _guest.RunAsync(new CommandSpecification { Arguments = ["probe", "no.such"], Self = true });
        Assert.Equal(ProbeOutcome.Error, ProbeAnswer.Parse(result.StandardOutputBytes).Outcome);
    }

    [Fact]
    public async Task At_its_time_the_guest_ends()
    {
        await using WineGuest other = await WineGuest.StartAsync(machine, "--expires", DateTimeOffset.UtcNow.AddSeconds(15).ToString("O"));
        _ = await other.Connection.StartAsync(new CommandSpecification { Arguments = [WineGuest.TestProgram, "tree", "0"] }, CancellationToken.None);
        await other.WaitForExitAsync(TimeSpan.FromSeconds(40));
        await NobodyIsLeftAsync();
    }

    private async Task RefusedAsync(string id, CommandSpecification command)
    {
        SandboxException error = await Assert.ThrowsAsync<SandboxException>(() => _guest.RunAsync(command));
        output.WriteLine(error.Message);
        Assert.Equal(id, error.ErrorId);
    }

    /// <summary>The test program's processes, as the host sees them: they are its own processes.</summary>
    private static int TestPrograms() => Process.GetProcessesByName("test-program.ex").Length + Process.GetProcessesByName("test-program.exe").Length;

    private static Task NobodyIsLeftAsync() => WaitForAsync(() => TestPrograms() == 0);

    private static async Task WaitForAsync(Func<bool> condition)
    {
        var time = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(time.Elapsed < TimeSpan.FromSeconds(30), $"It does not come true; {TestPrograms()} test programs run.");
            await Task.Delay(50);
        }
    }
}
