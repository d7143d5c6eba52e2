using System.Text;
using AgentSandbox.Backends.Wsl.Cli;

namespace AgentSandbox.IntegrationTests.Wsl;

/// <summary>The stand-in does what wsl.exe is documented to do; else all that passes over it says little.</summary>
public sealed class StandInTests : IAsyncLifetime
{
    private static readonly Dictionary<string, string> s_utf8 = new() { ["WSL_UTF8"] = "1" };
    private readonly string _name = "stand-in-" + Guid.NewGuid().ToString("N")[..8];
    private readonly string _location = Directory.CreateTempSubdirectory("agsb-").FullName;
    private readonly string _state = Directory.CreateTempSubdirectory("agsb-wsl-").FullName;

    public async Task InitializeAsync() => Assert.Equal(0, (await RunAsync("--import", _name, _location, StandInWsl.Archive, "--version", "2")).ExitCode);

    public async Task DisposeAsync()
    {
        Assert.Equal(0, (await RunAsync("--unregister", _name)).ExitCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_location));
        Directory.Delete(_location);
        Directory.Delete(_state, recursive: true);
    }

    private Task<(int ExitCode, byte[] Output, string Errors)> RunAsync(params string[] arguments) => RunAsync(s_utf8, arguments);

    private Task<(int ExitCode, byte[] Output, string Errors)> RunAsync(Dictionary<string, string> variables, params string[] arguments) =>
        StandInWsl.RunAsync(new Dictionary<string, string>(variables) { ["AGENTSANDBOX_STANDIN_WSL"] = _state, ["AGENTSANDBOX_STANDIN_WSL_IDLE"] = "1", ["AGENTSANDBOX_STANDIN_WSL_LANGUAGE"] = "en" }, arguments);

    private Task<(int ExitCode, byte[] Output, string Errors)> ShellAsync(string line) => RunAsync("-d", _name, "-u", "root", "--cd", "/", "-e", "/bin/sh", "-c", line);

    [Theory]
    [InlineData(null, true)]
    [InlineData("0", true)]
    [InlineData("true", true)]
    [InlineData("1", false)]
    public async Task Its_own_text_is_utf16_unless_the_variable_is_exactly_1(string? value, bool isUtf16)
    {
        (int exitCode, byte[] output, string errors) = await RunAsync(value is null ? [] : new() { ["WSL_UTF8"] = value }, "--terminate", "no-such");
        Assert.Equal((255, ""), (exitCode, errors));
        string text = (isUtf16 ? Encoding.Unicode : Encoding.UTF8).GetString(output);
        Assert.Equal("There is no distribution with the supplied name.\r\nError code: Wsl/Service/WSL_E_DISTRO_NOT_FOUND\r\n", text);
        Assert.Equal(text, WslText.Decode(output));
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 42", 42)]
    [InlineData("exit 67", 255)]
    [InlineData("exit 87", 255)]
    [InlineData("kill -9 $$", 9)]
    [InlineData("kill -15 $$", 15)]
    public async Task Exit_codes_are_linux_ones_but_for_the_traps(string line, int exitCode) => Assert.Equal(exitCode, (await ShellAsync(line)).ExitCode);

    [Fact]
    public async Task A_missing_program_is_told_on_standard_error()
    {
        (int exitCode, byte[] output, string errors) = await RunAsync("-d", _name, "-e", "/no/such");
        Assert.Equal(1, exitCode);
        Assert.Empty(output);
        Assert.Contains("No such file or directory", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Arguments_after_e_are_exact_and_values_before_it_are_not()
    {
        Assert.Equal("a b|'c'|$HOME||\"\\|\n", Encoding.UTF8.GetString((await RunAsync("-d", _name, "-e", "printf", "%s|", "a b", "'c'", "$HOME", "", "\"\\", "\n")).Output)[..^2] + "\n");
        Assert.Contains("WSL_E_DISTRO_NOT_FOUND", Encoding.UTF8.GetString((await RunAsync("-d", _name + " x", "-e", "true")).Output), StringComparison.Ordinal);
        Assert.Contains("WSL_E_USER_NOT_FOUND", Encoding.UTF8.GetString((await RunAsync("-d", _name, "-u", "nobody here", "-e", "true")).Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_lists_and_shows_states()
    {
        string stopped = Encoding.UTF8.GetString((await RunAsync("--list", "--verbose")).Output);
        Assert.Equal(new WslDistribution(_name, WslDistributionState.Stopped, 2, true), Assert.Single(WslDistribution.ParseList(stopped)));
        await ShellAsync("true");
        Assert.Equal(WslDistributionState.Running, Assert.Single(WslDistribution.ParseList(Encoding.UTF8.GetString((await RunAsync("-l", "-v")).Output))).State);
        await RunAsync("--terminate", _name);
        Assert.Equal(255, (await RunAsync("--list", "--running")).ExitCode);
        Assert.Equal(0, (await RunAsync("--list", "--running", "--quiet")).ExitCode);
    }

    [Fact]
    public async Task Without_anybody_attached_all_that_runs_in_it_ends()
    {
        await ShellAsync("setsid sleep 7391 >/dev/null 2>&1 </dev/null &");
        Assert.Equal("1\n", Encoding.UTF8.GetString((await ShellAsync("grep -lz 7391 /proc/[0-9]*/cmdline 2>/dev/null | grep -v self | head -n 1 | wc -l")).Output));
        await Task.Delay(2500);
        Assert.Equal(WslDistributionState.Stopped, Assert.Single(WslDistribution.ParseList(Encoding.UTF8.GetString((await RunAsync("-l", "-v")).Output))).State);
        Assert.DoesNotContain(Directory.EnumerateDirectories("/proc").Where(p => File.Exists(p + "/cmdline")), p => Line(p) == "sleep\07391\0");
    }

    [Fact]
    public async Task Settings_hold_from_the_next_start_on()
    {
        const string Look = "echo ${WSL_INTEROP-none}; grep -c ' /mnt/c ' /proc/mounts; case $PATH in *mnt*) echo windows;; *) echo linux;; esac";
        Assert.Equal("/run/WSL/1_interop\n1\nwindows\n", Encoding.UTF8.GetString((await ShellAsync(Look)).Output));
        await ShellAsync("printf '[automount]\\nenabled=false\\n[interop]\\nenabled=false\\nappendWindowsPath=false\\n' > /etc/wsl.conf");
        Assert.StartsWith("/run/WSL", Encoding.UTF8.GetString((await ShellAsync(Look)).Output), StringComparison.Ordinal);
        await RunAsync("--terminate", _name);
        Assert.Equal("none\n0\nlinux\n", Encoding.UTF8.GetString((await ShellAsync(Look)).Output));
        Assert.False(File.Exists("/etc/wsl.conf"));
    }

    private static string Line(string process)
    {
        try
        {
            return File.ReadAllText(process + "/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
