using System.Text;

namespace AgentSandbox.Tests.Cmdlets;

public sealed class WindowsCommandTests
{
    [Fact]
    public void A_line_is_one_for_cmd()
    {
        CommandSpecification command = WindowsCommand.Of(CommandSpecification.Shell("echo \"a b\" & dir"));
        Assert.Equal(["cmd.exe", "/d", "/s", "/c", "echo \"a b\" & dir"], command.Arguments);
    }

    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    public void A_line_of_which_cmd_would_run_a_part_only_is_refused(string line) =>
        Assert.Equal(SandboxErrorId.InvalidSpecification, Assert.Throws<SandboxException>(() => WindowsCommand.Of(CommandSpecification.Shell(line))).ErrorId);

    [Fact]
    public void A_script_is_one_for_Windows_PowerShell_and_for_pwsh_elsewhere()
    {
        CommandSpecification command = CommandSpecification.PowerShell("'x\u00e9'");
        Assert.Equal("pwsh", command.Arguments[0]);
        Assert.Equal("powershell.exe", WindowsCommand.Of(command).Arguments[0]);
        Assert.Equal(command.Arguments.Skip(1), WindowsCommand.Of(command).Arguments.Skip(1));
        Assert.EndsWith(";'x\u00e9'", Encoding.Unicode.GetString(Convert.FromBase64String(command.Arguments[^1])), StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_that_fits_on_no_command_line_is_refused() =>
        Assert.Equal(SandboxErrorId.ArgumentListTooLong, Assert.Throws<SandboxException>(() => CommandSpecification.PowerShell(new string('x', 20_000))).ErrorId);

    [Fact]
    public void A_program_stays_what_it_is()
    {
        var command = new CommandSpecification { Arguments = ["cmd.exe", "/c", "x\ny"] };
        Assert.Same(command, WindowsCommand.Of(command));
    }
}
