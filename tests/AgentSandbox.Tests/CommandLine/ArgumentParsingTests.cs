using System.CommandLine;
using AgentSandbox.Host.CommandLine;
using AgentSandbox.Host.CommandLine.Options;

namespace AgentSandbox.Tests.CommandLine;

public class ArgumentParsingTests
{
    [Fact]
    public void Nothing_given_leaves_everything_to_the_backend() => Assert.Equivalent(new SandboxSpecification(), Bind("run", "--", "id"), strict: true);

    [Fact]
    public void Every_option_arrives()
    {
        SandboxSpecification s = Bind(
            "run", "--name", "box", "--backend", "NsPawn", "--image", "debian", "--mount", "/a:/b:rw", "--mount=/c", "--network", "HOST", "--memory", "512MB", "--cpu", "1.5",
            "--pid-limit", "99", "--disk-limit", "2g", "--env", "A=1", "--env=B=x=y", "--env", "C=", "--user", "nobody", "--working-directory", "/w", "--hostname", "h",
            "--time-to-live", "1h", "--idle-timeout", "10m", "--read-only", "--allow", "nested-user-namespace", "--allow=KEYRING", "--allow", "Keyring", "--", "id");
        Assert.Equal(("box", "NsPawn", "debian", NetworkMode.Host), (s.Name, s.Backend, s.Image, s.Network));
        Assert.Equal((512L << 20, 1.5, 99, 2L << 30), (s.Memory, s.Cpu, s.PidLimit, s.DiskLimit));
        Assert.Equal(["/a:/b:rw", "/c:/c:ro"], s.Mounts.Select(m => m.ToString()));
        Assert.Equal([("A", "1"), ("B", "x=y"), ("C", "")], s.Environment.Select(e => (e.Key, e.Value)));
        Assert.Equal(("nobody", "/w", "h"), (s.User, s.WorkingDirectory, s.Hostname));
        Assert.Equal((TimeSpan.FromHours(1), TimeSpan.FromMinutes(10), true), (s.TimeToLive, s.IdleTimeout, s.ReadOnly));
        Assert.Equal([SandboxAllowance.Keyring, SandboxAllowance.NestedUserNamespace], s.Allow);
    }

    [Fact]
    public void The_last_value_of_a_variable_counts() => Assert.Equal("2", Bind("run", "--env", "A=1", "--env", "A=2", "--", "id").Environment["A"]);

    [Fact]
    public void Variable_values_keep_every_character()
    {
        const string Value = "two\nlines; $(x) \"q\" 'q' \\ \u00e9 \u4e16 --env";
        Assert.Equal(Value, Bind("run", "--env", $"A={Value}", "--", "id").Environment["A"]);
    }

    public static TheoryData<string, string, string> BadValues => new()
    {
        { "--memory", "12x", SandboxErrorId.InvalidLimit },
        { "--memory", "-1", SandboxErrorId.InvalidLimit },
        { "--memory", "", SandboxErrorId.InvalidLimit },
        { "--memory", "1e9", SandboxErrorId.InvalidLimit },
        { "--memory", "99999999999999999999TB", SandboxErrorId.InvalidLimit },
        { "--memory", "512 MB; rm -rf /", SandboxErrorId.InvalidLimit },
        { "--cpu", "-1", SandboxErrorId.InvalidLimit },
        { "--cpu", "NaN", SandboxErrorId.InvalidLimit },
        { "--cpu", "Infinity", SandboxErrorId.InvalidLimit },
        { "--cpu", "1e300", SandboxErrorId.InvalidLimit },
        { "--cpu", "1,5", SandboxErrorId.InvalidLimit },
        { "--cpu", "", SandboxErrorId.InvalidLimit },
        { "--pid-limit", "-1", SandboxErrorId.InvalidLimit },
        { "--pid-limit", "1.5", SandboxErrorId.InvalidLimit },
        { "--pid-limit", "2147483648", SandboxErrorId.InvalidLimit },
        { "--pid-limit", " 5", SandboxErrorId.InvalidLimit },
        { "--disk-limit", "lots", SandboxErrorId.InvalidLimit },
        { "--network", "bridge", SandboxErrorId.InvalidSpecification },
        { "--network", "1", SandboxErrorId.InvalidSpecification },
        { "--network", "None,Host", SandboxErrorId.InvalidSpecification },
        { "--network", "", SandboxErrorId.InvalidSpecification },
        { "--allow", "IoRing", SandboxErrorId.InvalidSpecification },
        { "--allow", "1", SandboxErrorId.InvalidSpecification },
        { "--allow", "Vsock,Tun", SandboxErrorId.InvalidSpecification },
        { "--allow", "", SandboxErrorId.InvalidSpecification },
        { "--env", "NOVALUE", SandboxErrorId.InvalidEnvironment },
        { "--env", "=x", SandboxErrorId.InvalidEnvironment },
        { "--env", "", SandboxErrorId.InvalidEnvironment },
        { "--mount", "", SandboxErrorId.InvalidMount },
        { "--mount", "/a:/b:/c:rw", SandboxErrorId.InvalidMount },
        { "--mount", "/a::rw", SandboxErrorId.InvalidMount },
        { "--time-to-live", "0", SandboxErrorId.InvalidLimit },
        { "--time-to-live", "soon", SandboxErrorId.InvalidLimit },
        { "--idle-timeout", "-5m", SandboxErrorId.InvalidLimit },
    };

    [Theory]
    [MemberData(nameof(BadValues))]
    public void A_value_that_makes_no_sense_is_refused_with_its_own_id(string option, string value, string errorId)
    {
        SandboxException exception = Assert.Throws<SandboxException>(() => Bind("run", option, value, "--", "id"));
        Assert.Equal(errorId, exception.ErrorId);
        Assert.Equal(option, Assert.Single(exception.Problems).Parameter);
        Assert.NotEmpty(exception.RecommendedAction);
    }

    [Fact]
    public void All_bad_values_are_told_at_once()
    {
        SandboxException exception = Assert.Throws<SandboxException>(() => Bind("run", "--memory", "x", "--cpu", "y", "--env", "z", "--", "id"));
        Assert.Equal(["--memory", "--cpu", "--env"], exception.Problems.Select(p => p.Parameter));
    }

    [Theory]
    [InlineData("run", "--name", "a", "--name", "b", "--", "id")]
    [InlineData("run", "--memory")]
    [InlineData("run", "--no-such-option", "--", "id")]
    [InlineData("run", "ls", "-l")]
    [InlineData("exec")]
    [InlineData("exec", "box", "ls")]
    [InlineData("copy", "a")]
    [InlineData("copy", "a", "b:/c", "d")]
    [InlineData("remove")]
    [InlineData("start")]
    [InlineData("stop")]
    [InlineData("no-such-command")]
    [InlineData("create", "a", "b")]
    [InlineData("images", "create")]
    public void Arguments_that_make_no_sense_are_errors(params string[] args) => Assert.NotEmpty(AgentSandboxCommand.Parse(args).Parsed.Errors);

    [Fact]
    public void The_command_is_never_looked_at()
    {
        string[] command = ["--help", "--name", "x", "@/etc/passwd", "--", "--json", "[suggest]", "", "a b", "-x=y", "\n"];
        (ParseResult parsed, IReadOnlyList<string>? split) = AgentSandboxCommand.Parse(["run", "--name", "box", "--", .. command]);
        Assert.Equal(command, split);
        Assert.Empty(parsed.Errors);
        Assert.False(parsed.GetValue(CommandTree.Help));
        Assert.False(parsed.GetValue(CommonOptions.Json));
        Assert.Equal("box", SandboxOptions.Bind(parsed).Name);
    }

    [Fact]
    public void An_argument_with_an_at_sign_is_no_response_file() => Assert.Equal("@/etc/passwd", Bind("run", "--name", "@/etc/passwd", "--", "id").Name);

    [Theory]
    [InlineData(true, "exec", "--tty", "box", "--", "sh")]
    [InlineData(true, "exec", "-t", "box", "--", "sh")]
    [InlineData(true, "exec", "-it", "box", "--", "sh")]
    [InlineData(true, "run", "-it", "--", "sh")]
    [InlineData(false, "exec", "box", "--", "-it")]
    public void A_terminal_is_asked_for_as_with_docker(bool expected, params string[] args)
    {
        ParseResult parsed = AgentSandboxCommand.Parse(args).Parsed;
        Assert.Empty(parsed.Errors);
        Assert.Equal(expected, parsed.GetValue(ProcessOptions.Terminal));
    }

    [Fact]
    public void A_shell_needs_no_command_and_takes_one()
    {
        (ParseResult parsed, IReadOnlyList<string>? command) = AgentSandboxCommand.Parse(["shell", "box"]);
        Assert.Empty(parsed.Errors);
        Assert.Null(command);
        Assert.Equal(["bash", "--norc"], AgentSandboxCommand.Parse(["shell", "box", "--", "bash", "--norc"]).Command);
    }

    [Fact]
    public void A_name_given_twice_is_an_error()
    {
        ParseResult parsed = AgentSandboxCommand.Parse(["create", "a", "--name", "b"]).Parsed;
        Assert.Empty(parsed.Errors);
        Assert.Throws<SandboxException>(() => SandboxOptions.Bind(parsed, "a"));
    }

    private static SandboxSpecification Bind(params string[] args)
    {
        ParseResult parsed = AgentSandboxCommand.Parse(args).Parsed;
        Assert.Empty(parsed.Errors);
        return SandboxOptions.Bind(parsed);
    }
}
