using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;

namespace AgentSandbox.IntegrationTests.CommandLine;

public class ExecTests : IClassFixture<SandboxFixture>
{
    private const string Box = SandboxFixture.Nspawn;
    private const string Jail = SandboxFixture.Chroot;
    private readonly CommandLineProgram _program;

    public ExecTests(SandboxFixture fixture)
    {
        _program = fixture.Program;
    }

    [Theory]
    [InlineData(Box)]
    [InlineData(Jail)]
    public async Task Streams_and_exit_code_are_those_of_the_command(string name)
    {
        ProgramResult result = await _program.RunAsync("exec", name, "--", "sh", "-c", "printf out; printf err >&2; exit 3");
        Assert.Equal((3, "out", "err"), (result.ExitCode, result.OutputText, result.ErrorText));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(124)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(137)]
    [InlineData(255)]
    public async Task Exit_codes_are_exact_and_silent(int code)
    {
        ProgramResult result = await _program.RunAsync("exec", Box, "--", "sh", "-c", $"exit {code}");
        Assert.Equal((code, "", ""), (result.ExitCode, result.OutputText, result.ErrorText));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(11)]
    [InlineData(15)]
    [InlineData(34)]
    public async Task A_signal_is_128_and_its_number(int signal) => Assert.Equal(128 + signal, (await _program.RunAsync("exec", Box, "--", "sh", "-c", $"kill -{signal} $$")).ExitCode);

    [Fact]
    public async Task A_command_that_does_not_exist_is_127()
    {
        ProgramResult result = await _program.RunAsync("exec", Box, "--", "no-such-command");
        Assert.Equal((127, ""), (result.ExitCode, result.OutputText));
        Assert.StartsWith("agentsandbox: error CommandNotFound: ", result.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_program_is_126()
    {
        ProgramResult result = await _program.RunAsync("exec", Box, "--", "/etc/passwd");
        Assert.Equal(126, result.ExitCode);
        Assert.StartsWith("agentsandbox: error CommandNotExecutable: ", result.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_argument_that_the_kernel_refuses_is_a_clear_error()
    {
        // A stack without limit gives our own program room for 3 MB of arguments (execve(2)); in the sandbox 2 MB are the most.
        ProgramResult result = await _program.BashAsync($$"""ulimit -s unlimited; a=$(head -c 100000 /dev/zero | tr '\0' a); args=(); for i in {1..30}; do args+=("$a"); done; "$agentsandbox" exec {{Box}} -- true "${args[@]}" """);
        Assert.True(result.ExitCode == 126, $"{result.ExitCode}: {result.ErrorText}");
        Assert.Contains("error ArgumentListTooLong:", result.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_out_is_124_and_ends_everything()
    {
        ProgramResult result = await _program.RunAsync("exec", "--timeout", "500ms", Box, "--", "sh", "-c", "echo started; sleep 1234567 & sleep 1234567");
        Assert.Equal((124, "started\n"), (result.ExitCode, result.OutputText));
        Assert.Contains("error CommandTimedOut:", result.ErrorText, StringComparison.Ordinal);
        await AssertGoneAsync("1234567");
    }

    [Theory]
    [InlineData(2, 130)]
    [InlineData(15, 143)]
    [InlineData(1, 129)]
    public async Task A_signal_to_us_ends_the_command_and_all_that_it_started(int signal, int exitCode)
    {
        string marker = $"7{signal}77777";
        using Process process = _program.Start("exec", Box, "--", "sh", "-c", $"sleep {marker} & setsid sleep {marker} & echo ready; wait");
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync());
        CommandLineProgram.Signal(process, signal);
        await CommandLineProgram.WaitAsync(process);
        Assert.Equal(exitCode, process.ExitCode);
        await AssertGoneAsync(marker);
    }

    [Fact]
    public async Task A_command_that_handles_its_end_keeps_its_own_exit_code()
    {
        using Process process = _program.Start("exec", Box, "--", "sh", "-c", "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.1; done");
        Assert.Equal("ready", await process.StandardOutput.ReadLineAsync());
        CommandLineProgram.Signal(process, 15);
        Assert.Equal("bye", await process.StandardOutput.ReadLineAsync());
        await CommandLineProgram.WaitAsync(process);
        Assert.Equal(7, process.ExitCode);
    }

    [Fact]
    public async Task A_reader_that_does_not_read_does_not_keep_us_from_ending()
    {
        using Process process = _program.Start("exec", Box, "--", "sh", "-c", "echo ready >&2; exec yes 6666666");
        Assert.Equal("ready", await process.StandardError.ReadLineAsync());
        await Task.Delay(500);
        CommandLineProgram.Signal(process, 15);
        await CommandLineProgram.WaitAsync(process);
        Assert.Equal(143, process.ExitCode);
        await AssertGoneAsync("6666666");
    }

    [Fact]
    public async Task A_reader_that_goes_ends_the_command_quietly()
    {
        ProgramResult result = await _program.BashAsync($"\"$agentsandbox\" exec {Box} -- sh -c 'exec yes 8888888' | head -n 1; echo ${{PIPESTATUS[0]}}");
        Assert.Equal(("8888888\n141\n", ""), (result.OutputText, result.ErrorText));
        await AssertGoneAsync("8888888");
    }

    [Fact]
    public async Task A_full_disk_under_our_output_is_our_failure()
    {
        ProgramResult result = await _program.BashAsync($"\"$agentsandbox\" exec {Box} -- echo hi > /dev/full");
        Assert.Equal(125, result.ExitCode);
        Assert.Contains("Standard output can't be written: No space left on device", result.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_goes_into_a_shared_file_in_order()
    {
        string file = Path.Combine(_program.Home, "out");
        ProgramResult result = await _program.BashAsync($"(echo 1; \"$agentsandbox\" exec {Box} -- echo 2; echo 3) > {file}");
        Assert.Equal("", result.ErrorText);
        Assert.Equal("1\n2\n3\n", await File.ReadAllTextAsync(file));
    }

    [Theory]
    [InlineData(Box)]
    [InlineData(Jail)]
    public async Task Every_byte_goes_in_and_comes_out(string name)
    {
        byte[] bytes = new byte[3 * 1024 * 1024 + 17];
        new Random(7).NextBytes(bytes);
        ProgramResult result = await _program.RunWithInputAsync(bytes, "exec", name, "--", "cat");
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(bytes)), Convert.ToHexString(SHA256.HashData(result.Output)));
    }

    [Fact]
    public async Task A_gibibyte_goes_in_and_comes_out()
    {
        // AES of zeros: incompressible and different at every offset, so a lost, doubled or swapped block shows.
        ProgramResult result = await _program.BashAsync($$"""
            set -o pipefail
            source() { head -c 1073741824 /dev/zero | openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 2>/dev/null; }
            a=$(source | sha256sum)
            b=$(source | "$agentsandbox" exec {{Box}} -- cat | sha256sum)
            [ "$a" = "$b" ] && echo same
            """);
        Assert.Equal(("same\n", 0), (result.OutputText, result.ExitCode));
    }

    [Fact]
    public async Task A_command_may_end_before_its_input()
    {
        ProgramResult result = await _program.BashAsync($"yes 2>/dev/null | \"$agentsandbox\" exec {Box} -- head -n 1; echo ${{PIPESTATUS[1]}}");
        Assert.Equal(("y\n0\n", ""), (result.OutputText, result.ErrorText));
    }

    [Fact]
    public async Task A_closed_standard_input_is_an_empty_one()
    {
        ProgramResult result = await _program.BashAsync($"\"$agentsandbox\" exec {Box} -- wc -c <&-");
        Assert.Equal(("0\n", 0), (result.OutputText.TrimStart(), result.ExitCode));
    }

    [Fact]
    public async Task A_closed_standard_output_is_our_failure_and_a_closed_standard_error_is_none()
    {
        ProgramResult result = await _program.BashAsync($"\"$agentsandbox\" exec {Box} -- echo hi >&-");
        Assert.Equal(125, result.ExitCode);
        Assert.Contains("Standard output can't be written: Bad file descriptor", result.ErrorText, StringComparison.Ordinal);
        Assert.Equal(("hi\n", 4), await OutputAndCodeAsync($"\"$agentsandbox\" exec {Box} -- sh -c 'echo hi; echo lost >&2; exit 4' 2>&-"));

        async Task<(string, int)> OutputAndCodeAsync(string line) => await _program.BashAsync(line) is var r ? (r.OutputText, r.ExitCode) : default;
    }

    [Fact]
    public async Task The_end_of_the_input_arrives_while_the_command_runs_on() =>
        Assert.Equal("end\n", (await _program.RunWithInputAsync("x"u8.ToArray(), "exec", Box, "--", "sh", "-c", "cat >/dev/null; sleep 0.2; echo end")).OutputText);

    [Fact]
    public async Task Bytes_that_are_no_text_survive() =>
        Assert.Equal([0xff, 0xfe, 0x00, 0x80, 0x0a, 0x0d], (await _program.RunAsync("exec", Box, "--", "printf", @"\377\376\000\200\n\r")).Output);

    [Fact]
    public async Task Arguments_arrive_as_they_are()
    {
        string[] arguments = ["", " ", "a b", "--help", "--", "-x", "$(id)", "`id`", "'\"", "*", "\\n", "é世", "@/etc/passwd", "a\nb"];
        ProgramResult result = await _program.RunAsync(["exec", Box, "--", "printf", "<%s>", .. arguments]);
        Assert.Equal(string.Concat(arguments.Select(a => $"<{a}>")), result.OutputText);
    }

    [Fact]
    public async Task Environment_user_and_folder_are_set_and_nothing_is_inherited()
    {
        ProgramResult result = await _program.BashAsync($"export SECRET=hunter2; \"$agentsandbox\" exec --env A=1 --env 'B=x y=z' --user nobody --working-directory /tmp {Box} -- sh -c 'echo \"$A|$B|$(id -un)|$(pwd)|$SECRET\"'");
        Assert.Equal("1|x y=z|nobody|/tmp|\n", result.OutputText);
    }

    [Fact]
    public async Task Json_has_all_of_the_result()
    {
        ProgramResult result = await _program.RunAsync("exec", "--json", Box, "--", "sh", "-c", "echo o; echo e >&2; exit 5");
        JsonElement json = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal(5, result.ExitCode);
        Assert.Equal((5, "o\n", "e\n", false), (json.GetProperty("ExitCode").GetInt32(), json.GetProperty("StandardOutput").GetString(), json.GetProperty("StandardError").GetString(), json.GetProperty("TimedOut").GetBoolean()));
        Assert.Equal(typeof(CommandResult).GetProperties().Select(p => p.Name).Order(), json.EnumerateObject().Select(p => p.Name).Order());
    }

    [Fact]
    public async Task A_sandbox_that_does_not_exist_is_our_failure_and_json_when_asked()
    {
        ProgramResult result = await _program.RunAsync("exec", "--json", "nowhere", "--", "id");
        JsonElement json = JsonDocument.Parse(result.Error).RootElement;
        Assert.Equal((125, "", "SandboxNotFound"), (result.ExitCode, result.OutputText, json.GetProperty("ErrorId").GetString()));
    }

    private async Task AssertGoneAsync(string marker)
    {
        string found = (await _program.RunAsync("exec", "--user", "root", Box, "--", "sh", "-c", $"grep -l {marker[..^1]}[{marker[^1]}] /proc/[0-9]*/cmdline 2>/dev/null | wc -l")).OutputText;
        Assert.Equal("0", found.Trim());
    }
}
