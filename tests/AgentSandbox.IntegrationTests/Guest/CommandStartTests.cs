using AgentSandbox.Protocol;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>What a command starts with, and how a start that fails is told from a command that fails.</summary>
public sealed class CommandStartTests : IDisposable
{
    private readonly GuestProcess _guest = new();
    private readonly GuestClient _client;
    private readonly string _folder = Directory.CreateTempSubdirectory("agsb-start-").FullName;

    public CommandStartTests() => _client = _guest.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _guest.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("agsb-no-such-command", FailKind.CommandNotFound)]
    [InlineData("/no/such/command", FailKind.CommandNotFound)]
    [InlineData("/etc/passwd/x", FailKind.CommandNotFound)]
    [InlineData("", FailKind.CommandNotFound)]
    [InlineData("/etc/passwd", FailKind.NotExecutable)]
    [InlineData("/tmp", FailKind.NotExecutable)]
    public void A_program_that_can_not_be_run_is_a_failure_and_no_exit_code(string program, string kind)
    {
        Outcome outcome = _client.Run(program);
        Assert.Equal(kind, outcome.Fail!.Kind);
        Assert.False(outcome.Opened);
    }

    [Fact]
    public void An_argument_list_that_the_kernel_refuses_is_told()
    {
        string[] arguments = ["/bin/true", .. Enumerable.Repeat(new string('a', 100_000), 25)];
        Assert.Equal((FailKind.ArgumentListTooLong, 7), (_client.Run(arguments).Fail!.Kind, _client.Run(arguments).Fail!.Errno));
        Assert.Equal(0, _client.Run("/bin/true").Exit!.ExitCode);
    }

    [Fact]
    public void A_long_argument_list_that_the_kernel_takes_arrives()
    {
        string[] arguments = ["printf", "%s", .. Enumerable.Repeat(new string('ä', 500), 1000)];
        Assert.Equal(500_000, _client.Run(arguments).Text.Length);
    }

    [Fact]
    public void Scripts_run_as_in_a_shell()
    {
        Assert.Equal("a b\n", Run(Script("plain", "echo $1 $2"), "a", "b").Text);
        Assert.Equal("sh\n", Run(Script("shebang", "#!/bin/sh\necho sh")).Text);
        Outcome interpreter = Run(Script("missing", "#!/no/interpreter\n"));
        Assert.Equal((FailKind.NotExecutable, "interpreter"), (interpreter.Fail!.Kind, interpreter.Fail.Stage));
        Assert.Equal(FailKind.NotExecutable, Run(Script("binary", "\u007fELF\0\0junk")).Fail!.Kind);
    }

    [Fact]
    public void The_program_is_searched_in_the_path_of_the_command()
    {
        Script("tool", "echo mine");
        string path = Path.Combine(_folder, "absent") + ":" + _folder;
        Assert.Equal("mine\n", _client.Run(new OpenMessage { Arguments = ["tool"], Environment = Variables(("PATH", path)) }).Text);
        Assert.Equal("mine\n", _client.Run(new OpenMessage { Arguments = ["tool"], Environment = Variables(("PATH", "")), WorkingDirectory = _folder }).Text);
        Assert.Equal(FailKind.CommandNotFound, _client.Run("tool").Fail!.Kind);
    }

    [Fact]
    public void The_environment_is_what_was_asked_for_and_the_defaults()
    {
        Outcome outcome = _client.Run(new OpenMessage { Arguments = ["env"], Environment = Variables(("A", "1"), ("TERM", "xterm"), ("EMPTY", ""), ("UTF", "ä=ö\n")) });
        string[] expected =
        [
            "A=1", "EMPTY=", "HOME=/root", "LANG=C.UTF-8", "LOGNAME=root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "TERM=xterm", "USER=root", "UTF=ä=ö",
        ];
        Assert.Equal(expected, outcome.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith("SHELL=", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Commands_inherit_three_descriptors_and_a_session_of_their_own()
    {
        Assert.Equal("0\n1\n2\n3\n", _client.Shell("ls /proc/self/fd").Text); // 3 is the folder that ls reads.
        string[] ids = _client.Shell("echo $$; cut -d' ' -f5,6 /proc/$$/stat").Text.Split('\n');
        Assert.Equal($"{ids[0]} {ids[0]}", ids[1]);
    }

    [Fact]
    public void The_working_folder_is_the_one_asked_for_else_home_else_the_root()
    {
        Assert.Equal(_folder + "\n", _client.Run(new OpenMessage { Arguments = ["pwd"], WorkingDirectory = _folder }).Text);
        Assert.Equal("/root\n", _client.Run("pwd").Text);
        Assert.Equal("/\n", _client.Run(new OpenMessage { Arguments = ["pwd"], User = "nobody" }).Text); // Its home is /nonexistent.
        foreach (string folder in (string[])["/no/such/folder", "/etc/passwd", "relative", ""])
        {
            Assert.Equal(FailKind.WorkingDirectory, _client.Run(new OpenMessage { Arguments = ["pwd"], WorkingDirectory = folder }).Fail!.Kind);
        }
    }

    [Theory]
    [InlineData("nobody", "65534:65534:65534")]
    [InlineData("0", "0:0:0")]
    [InlineData("12345", "12345:12345:12345")]
    [InlineData("12345:7", "12345:7:7")]
    [InlineData("nobody:daemon", "65534:1:1")]
    [InlineData("nobody:0", "65534:0:0")]
    public void Users_and_groups_by_name_and_number(string user, string expected) =>
        Assert.Equal(expected + "\n", _client.Run(new OpenMessage { Arguments = ["/bin/sh", "-c", "echo $(id -u):$(id -g):$(id -G)"], User = user, WorkingDirectory = "/" }).Text);

    [Theory]
    [InlineData("no-such-user")]
    [InlineData("root:no-such-group")]
    [InlineData("4294967295")]
    [InlineData("0:4294967295")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("0:0:0")]
    public void Unknown_users_are_told(string user) => Assert.Equal(FailKind.User, _client.Run(new OpenMessage { Arguments = ["id"], User = user }).Fail!.Kind);

    [Fact]
    public void Only_the_verbs_for_commands_can_be_run_as_the_guest_itself()
    {
        foreach (string verb in (string[])["serve", "seccomp-exec", "no-such-verb"])
        {
            Assert.Equal(FailKind.CommandNotFound, _client.Run(new OpenMessage { Arguments = [verb], Self = true }).Fail!.Kind);
        }

        Assert.True(_client.Run(new OpenMessage { Arguments = ["probe"], Self = true, User = "nobody" }).Opened);
    }

    [Fact]
    public void Characters_that_no_argument_can_hold_are_refused()
    {
        Assert.Equal(FailKind.Protocol, _client.Run("echo", "a\0b").Fail!.Kind);
        Assert.Equal(FailKind.Protocol, _client.Run([]).Fail!.Kind);
        Assert.Equal(FailKind.Protocol, _client.Run(new OpenMessage { Arguments = ["id"], Environment = Variables(("A=B", "1")) }).Fail!.Kind);
        Assert.Equal(FailKind.Protocol, _client.Run(new OpenMessage { Arguments = ["id"], Environment = Variables(("", "1")) }).Fail!.Kind);
    }

    private static Dictionary<string, string> Variables(params (string Name, string Value)[] pairs) => pairs.ToDictionary(p => p.Name, p => p.Value);

    private Outcome Run(params string[] arguments) => _client.Run(arguments);

    private string Script(string name, string content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(path, (UnixFileMode)0x1ED); // 0755
        }

        return path;
    }
}
