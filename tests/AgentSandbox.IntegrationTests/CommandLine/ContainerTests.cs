using System.Diagnostics;
using System.Text.Json;

namespace AgentSandbox.IntegrationTests.CommandLine;

/// <summary>The verbs with a container engine's backends.</summary>
public class ContainerTests
{
    [Theory]
    [InlineData("docker")]
    [InlineData("gvisor")]
    public async Task A_throw_away_container_leaves_nothing(string backend)
    {
        await using var program = new CommandLineProgram();
        ProgramResult result = await program.RunWithInputAsync("in\n"u8.ToArray(), "run", "--backend", backend, "--", "sh", "-c", "cat; id -u; echo err >&2; exit 9");
        Assert.Equal((9, "in\n1000\n", "err\n"), (result.ExitCode, result.OutputText, result.ErrorText));
        Assert.Equal("[]", await program.OkAsync("list", "--json"));
    }

    [Theory]
    [InlineData("docker")]
    [InlineData("gvisor")]
    public async Task A_container_lives_through_all_verbs(string backend)
    {
        await using var program = new CommandLineProgram();
        Assert.Equal("box", await program.OkAsync("create", "box", "--backend", backend, "--memory", "256MB"));
        await program.OkAsync("exec", "box", "--", "sh", "-c", "echo kept > /var/tmp/file");
        string copy = Path.Combine(program.Home, "copy");
        await program.OkAsync("copy", "box:/var/tmp/file", copy);
        Assert.Equal("kept\n", await File.ReadAllTextAsync(copy));
        await program.OkAsync("copy", copy, "box:/var/tmp/again");

        JsonElement listed = Assert.Single((await program.JsonAsync("list", "--json")).EnumerateArray());
        Assert.Equal(("box", "Running", backend), (listed.GetProperty("Name").GetString(), listed.GetProperty("State").GetString(), listed.GetProperty("Backend").GetString()!.ToLowerInvariant()));

        Assert.Equal("box", await program.OkAsync("stop", "box"));
        ProgramResult stopped = await program.RunAsync("exec", "box", "--", "true");
        Assert.Equal(125, stopped.ExitCode);
        Assert.Contains("error SandboxNotRunning", stopped.ErrorText, StringComparison.Ordinal);
        Assert.Equal("box", await program.OkAsync("start", "box"));
        Assert.Equal("kept", await program.OkAsync("exec", "box", "--", "cat", "/var/tmp/again"));
        Assert.Equal("box", await program.OkAsync("remove", "box"));
        Assert.Equal("[]", await program.OkAsync("list", "--json"));
    }

    [Theory]
    [InlineData("--image", "localhost:1/agentsandbox-no-such-image")]
    [InlineData("--image", "agentsandbox-no-such-image:1", "--no-pull")]
    public async Task An_image_that_can_not_be_had_is_no_exit_code_of_the_command(params string[] options)
    {
        await using var program = new CommandLineProgram();
        ProgramResult result = await program.RunAsync(["run", "--backend", "docker", .. options, "--", "true"]);
        Assert.Equal((125, ""), (result.ExitCode, result.OutputText));
        Assert.Contains("error ImagePullFailed", result.ErrorText, StringComparison.Ordinal);
        Assert.Equal("[]", await program.OkAsync("list", "--json"));
    }

    [Fact]
    public async Task A_signal_at_any_moment_leaves_no_container()
    {
        await using var program = new CommandLineProgram();
        foreach (int milliseconds in (int[])[10, 50, 150, 300, 600])
        {
            using Process process = program.Start("run", "--backend", "docker", "--", "sleep", "1000");
            await Task.Delay(milliseconds);
            CommandLineProgram.Signal(process, 15);
            await CommandLineProgram.WaitAsync(process);
            string error = await process.StandardError.ReadToEndAsync();
            Assert.True(process.ExitCode == 143, $"after {milliseconds} ms: {process.ExitCode} {error}");
            Assert.Equal("[]", await program.OkAsync("list", "--json"));
        }
    }

    [Fact]
    public async Task An_engine_that_does_not_answer_is_a_warning_for_a_list_and_an_error_for_a_container()
    {
        await using var program = new CommandLineProgram();
        ProgramResult list = await program.BashAsync("DOCKER_HOST=tcp://127.0.0.1:1 \"$agentsandbox\" list --json");
        Assert.Equal((0, "[]\n"), (list.ExitCode, list.OutputText));
        Assert.Contains("127.0.0.1:1", list.ErrorText, StringComparison.Ordinal);
        ProgramResult run = await program.BashAsync("DOCKER_HOST=tcp://127.0.0.1:1 \"$agentsandbox\" run --backend docker -- true");
        Assert.Equal(125, run.ExitCode);
        Assert.Contains("error EngineUnreachable", run.ErrorText, StringComparison.Ordinal);
    }
}
