using AgentSandbox.IntegrationTests.CommandLine;

namespace AgentSandbox.IntegrationTests.Terminals;

/// <summary>The command line's interactive commands, driven in tmux as a person would.</summary>
public sealed class ShellTests : IClassFixture<SandboxFixture>
{
    private readonly CommandLineProgram _program;

    public ShellTests(SandboxFixture fixture)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        _program = fixture.Program;
    }

    [Theory]
    [InlineData(SandboxFixture.Nspawn)]
    [InlineData(SandboxFixture.Chroot)]
    public async Task A_shell_is_entered_used_and_left_with_the_terminal_as_it_was(string sandbox)
    {
        await using TmuxPane pane = await PaneAsync();
        string before = await SettingsAsync(pane, "one");
        await pane.LineAsync($"clear; $agentsandbox shell --env PS1='in-box$ ' {sandbox} -- bash --norc; echo code $?");
        await pane.ForAsync(Ends("in-box$"), "in-box$");

        await pane.LineAsync("echo $(tty) $TERM $(stty size)");
        await pane.ForAsync("/dev/pts/0 tmux-256color 30 100");
        await pane.ResizeAsync(120, 40);
        await pane.LineAsync("clear; until test \"$(stty size)\" = '40 120'; do sleep 0.1; done; echo re''sized");
        await pane.ForAsync("resized");

        await pane.LineAsync("clear; echo be''gun; sleep 7481");
        await pane.ForAsync("begun");
        await pane.KeyAsync("C-c");
        await pane.ForAsync(Ends("in-box$"), "in-box$ after Ctrl+C");

        await pane.LineAsync("exit 7");
        await pane.ForAsync("code 7");
        Assert.Equal(before, await SettingsAsync(pane, "two"));
        await pane.LineAsync("clear; echo no''w; cat; echo cat ended");
        await pane.ForAsync("now\n");
        await pane.LineAsync("typed and echoed");
        await pane.ForAsync("typed and echoed\ntyped and echoed");
        await pane.KeyAsync("C-d");
        await pane.ForAsync("cat ended");
    }

    [Fact]
    public async Task Full_screen_programs_work_and_Ctrl_D_and_the_end_of_the_sandbox_bring_the_prompt_back()
    {
        await using TmuxPane pane = await PaneAsync();
        string name = await _program.OkAsync("create", "screen", "--backend", "nspawn");
        string before = await SettingsAsync(pane, "one");
        await pane.LineAsync($"clear; $agentsandbox shell --env PS1='in-box$ ' {name} -- bash --norc; echo code $?");
        await pane.ForAsync(Ends("in-box$"), "in-box$");
        await pane.LineAsync("seq 1000 >/tmp/numbers; less /tmp/numbers");
        await pane.ForAsync(screen => screen.StartsWith("1\n2\n3\n", StringComparison.Ordinal), "less");
        Assert.Equal("1", await pane.AskAsync("#{alternate_on}"));
        await pane.KeyAsync("G");
        await pane.ForAsync("\n1000\n");
        await pane.KeyAsync("q");
        await pane.ForAsync(Ends("in-box$"), "in-box$ after less");
        Assert.Equal("0", await pane.AskAsync("#{alternate_on}"));
        await pane.KeyAsync("C-d");
        await pane.ForAsync("code 0");
        Assert.Equal(before, await SettingsAsync(pane, "two"));

        await pane.LineAsync($"clear; $agentsandbox exec -it {name} -- less /tmp/numbers; echo code $?");
        await pane.ForAsync(screen => screen.StartsWith("1\n2\n3\n", StringComparison.Ordinal), "less");
        await _program.OkAsync("remove", name);
        string screen = await pane.ForAsync("code 125");
        Assert.Contains("error GuestDisconnected", screen, StringComparison.Ordinal);
        Assert.Equal("0", await pane.AskAsync("#{alternate_on}"));
        Assert.Equal(before, await SettingsAsync(pane, "three"));
    }

    [Fact]
    public async Task A_signal_and_the_way_out_end_it_and_a_throw_away_sandbox_is_gone()
    {
        await using TmuxPane pane = await PaneAsync();
        string before = await SettingsAsync(pane, "one");
        await pane.LineAsync("clear; $agentsandbox run --backend nspawn --name away --tty -- sh -c 'trap : INT; echo in''side; while :; do sleep 1; done'; echo code $?");
        await pane.ForAsync("inside");
        foreach (string key in (string[])["C-c", "C-]", "C-]", "C-]"])
        {
            await pane.KeyAsync(key);
        }

        await pane.ForAsync("code 129");
        Assert.Equal(before, await SettingsAsync(pane, "two"));
        Assert.DoesNotContain("away", await _program.OkAsync("list"));

        await pane.LineAsync($"clear; $agentsandbox shell {SandboxFixture.Nspawn} -- sh -c 'echo in''side; exec sleep 7482'; echo code $?");
        await pane.ForAsync("inside");
        Assert.Equal(0, (await _program.BashAsync($"pkill -TERM -t $(ps -o tty= -p {await pane.AskAsync("#{pane_pid}")}) -x agentsandbox")).ExitCode);
        await pane.ForAsync("code 143");
        Assert.Equal(before, await SettingsAsync(pane, "three"));
    }

    [Fact]
    public async Task What_a_sandbox_writes_reaches_neither_the_clipboard_nor_the_prompt()
    {
        await using TmuxPane pane = await PaneAsync();
        await pane.LineAsync($"clear; $agentsandbox shell {SandboxFixture.Nspawn} -- sh -c 'printf \"\\033]52;c;c3RvbGVu\\007\\033[c\\033[c\\033[6n\\033[?1000h\\033[?1049h\"'; echo code $?");
        await pane.ForAsync("code 0");
        await pane.LineAsync("echo all''is well");
        string screen = await pane.ForAsync("allis well");
        Assert.DoesNotContain("?1;2", screen, StringComparison.Ordinal);
        Assert.Equal(("0", "0"), (await pane.AskAsync("#{alternate_on}"), await pane.AskAsync("#{mouse_any_flag}")));
        Assert.Equal("", await pane.AskAsync("#{buffer_sample}"));

        // And the terminal would have obeyed.
        await pane.LineAsync("printf '\\033]52;c;Y29udHJvbA==\\007'; echo sent");
        await pane.ForAsync("\nsent");
        Assert.Equal("control", await pane.AskAsync("#{buffer_sample}"));
    }

    [Theory]
    [InlineData("shell", SandboxFixture.Nspawn)]
    [InlineData("exec", "--tty", SandboxFixture.Nspawn, "--", "true")]
    [InlineData("run", "-t", "--backend", "chroot", "--quiet", "--", "true")]
    public async Task Without_a_terminal_it_is_an_error_and_nothing_is_started(params string[] arguments)
    {
        ProgramResult result = await _program.RunAsync(arguments);
        Assert.Equal(125, result.ExitCode);
        Assert.Contains("error TerminalRequired: An interactive shell needs a terminal: standard input of this process is none.", result.ErrorText, StringComparison.Ordinal);
    }

    private static Func<string, bool> Ends(string prompt) => screen => screen.TrimEnd().EndsWith(prompt, StringComparison.Ordinal);

    private static async Task<string> SettingsAsync(TmuxPane pane, string mark)
    {
        // The size changes; all else is to stay.
        await pane.LineAsync($"clear; stty -a | grep -v rows; echo mark {mark}");
        string screen = await pane.ForAsync($"\nmark {mark}");
        return screen[..screen.IndexOf("\nmark", StringComparison.Ordinal)];
    }

    private Task<TmuxPane> PaneAsync() => TmuxPane.StartAsync(new Dictionary<string, string> { ["AGENTSANDBOX_HOME"] = _program.Home, ["agentsandbox"] = CommandLineProgram.Path });
}
