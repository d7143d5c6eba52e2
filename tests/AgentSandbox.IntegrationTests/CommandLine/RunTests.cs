using System.Diagnostics;
using System.Text.Json;

namespace AgentSandbox.IntegrationTests.CommandLine;

public class RunTests
{
    [Theory]
    [InlineData("nspawn")]
    [InlineData("chroot")]
    [InlineData("auto")]
    public async Task A_throw_away_sandbox_leaves_nothing(string backend)
    {
        await using var program = new CommandLineProgram();
        ProgramResult result = await program.RunAsync("run", "--backend", backend, "--quiet", "--", "sh", "-c", "echo hi; exit 9");
        Assert.Equal((9, "hi\n", ""), (result.ExitCode, result.OutputText, result.ErrorText));
        await AssertEmptyAsync(program);
    }

    [Theory]
    [InlineData("no-such-command", 127)]
    [InlineData("/etc/passwd", 126)]
    public async Task A_command_that_can_not_start_leaves_nothing(string command, int exitCode)
    {
        await using var program = new CommandLineProgram();
        Assert.Equal(exitCode, (await program.RunAsync("run", "--", command)).ExitCode);
        await AssertEmptyAsync(program);
    }

    [Fact]
    public async Task A_time_out_leaves_nothing()
    {
        await using var program = new CommandLineProgram();
        Assert.Equal(124, (await program.RunAsync("run", "--timeout", "0.3", "--", "sleep", "1000")).ExitCode);
        await AssertEmptyAsync(program);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(2)]
    [InlineData(1)]
    public async Task A_signal_while_the_command_runs_leaves_nothing(int signal)
    {
        await using var program = new CommandLineProgram();
        using Process process = program.Start("run", "--", "sh", "-c", "echo ready; exec sleep 1000");
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync());
        CommandLineProgram.Signal(process, signal);
        await CommandLineProgram.WaitAsync(process);
        Assert.Equal(128 + signal, process.ExitCode);
        await AssertEmptyAsync(program);
    }

    [Fact]
    public async Task Two_signals_end_a_command_that_ignores_them()
    {
        await using var program = new CommandLineProgram();
        using Process process = program.Start("run", "--", "sh", "-c", "trap '' TERM INT; echo ready; while :; do sleep 1; done");
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync());
        CommandLineProgram.Signal(process, 2);
        await Task.Delay(200);
        CommandLineProgram.Signal(process, 2);
        await CommandLineProgram.WaitAsync(process);
        Assert.Equal(130, process.ExitCode);
        await AssertEmptyAsync(program);
    }

    [Fact]
    public async Task A_signal_at_any_moment_leaves_nothing()
    {
        await using var program = new CommandLineProgram();
        foreach (int milliseconds in (int[])[5, 20, 40, 70, 100, 150, 200, 300])
        {
            using Process process = program.Start("run", "--", "sleep", "1000");
            await Task.Delay(milliseconds);
            CommandLineProgram.Signal(process, 15);
            await CommandLineProgram.WaitAsync(process);
            string error = await process.StandardError.ReadToEndAsync();
            Assert.True(process.ExitCode == 143, $"after {milliseconds} ms: {process.ExitCode} {error}");
            await AssertEmptyAsync(program);
        }
    }

    [Fact]
    public async Task Twenty_at_once_do_not_disturb_each_other()
    {
        await using var program = new CommandLineProgram();
        ProgramResult[] results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => program.RunAsync("run", "--", "sh", "-c", $"hostname > /tmp/x; echo {i}; cat /tmp/x >&2; exit {i}")));
        Assert.All(results.Select((r, i) => (r, i)), p => Assert.True(p.r.ExitCode == p.i && p.r.OutputText == $"{p.i}\n", $"{p.i}: {p.r.ExitCode} {p.r.OutputText} {p.r.ErrorText}"));
        Assert.Equal(20, results.Select(r => r.ErrorText).Distinct().Count());
        await AssertEmptyAsync(program);
    }

    [Fact]
    public async Task A_mount_is_read_only_unless_said_otherwise()
    {
        await using var program = new CommandLineProgram();
        string folder = Directory.CreateDirectory(Path.Combine(program.Home, "shared")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "in"), "data");
        Assert.Equal("data", await program.OkAsync("run", "--mount", $"{folder}:/data", "--", "cat", "/data/in"));
        Assert.NotEqual(0, (await program.RunAsync("run", "--user", "root", "--mount", $"{folder}:/data", "--", "sh", "-c", "echo x > /data/out")).ExitCode);
        Assert.False(File.Exists(Path.Combine(folder, "out")));
        Assert.Equal("", await program.OkAsync("run", "--user", "root", "--mount", $"{folder}:/data:rw", "--", "sh", "-c", "echo x > /data/out"));
        Assert.Equal("x\n", await File.ReadAllTextAsync(Path.Combine(folder, "out")));
    }

    [Theory]
    [InlineData("ImageNotFound", "--image", "no-such-image")]
    [InlineData("MountSourceNotFound", "--mount", "/no/such/folder:/x")]
    [InlineData("UnknownBackend", "--backend", "vm")]
    [InlineData("MemoryTooSmall", "--memory", "1KB")]
    [InlineData("InvalidName", "--name", "../x")]
    [InlineData("InvalidName", "--name", "a;b")]
    [InlineData("InvalidName", "--name", "a\nb")]
    public async Task What_can_not_be_is_refused_and_leaves_nothing(string errorId, string option, string value)
    {
        await using var program = new CommandLineProgram();
        ProgramResult result = await program.RunAsync("run", "--json", option, value, "--", "id");
        JsonElement json = JsonDocument.Parse(result.Error).RootElement;
        Assert.Equal((125, "", errorId), (result.ExitCode, result.OutputText, json.GetProperty("ErrorId").GetString()));
        Assert.NotEqual("", json.GetProperty("RecommendedAction").GetString());
        await AssertEmptyAsync(program);
    }

    private static async Task AssertEmptyAsync(CommandLineProgram program)
    {
        Assert.Empty((await program.JsonAsync("list", "--json")).EnumerateArray());
        string sandboxes = Path.Combine(program.Home, "lib", "sandboxes");
        Assert.True(!Directory.Exists(sandboxes) || Directory.GetFileSystemEntries(sandboxes).Length == 0, "Files of a sandbox are left.");
    }
}
