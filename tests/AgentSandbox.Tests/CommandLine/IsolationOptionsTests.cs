using AgentSandbox.Host.CommandLine;
using AgentSandbox.Host.CommandLine.Options;
using AgentSandbox.Isolation;

namespace AgentSandbox.Tests.CommandLine;

public class IsolationOptionsTests
{
    [Fact]
    public void Nothing_given_runs_all_and_requires_nothing()
    {
        (IsolationSelection selection, IsolationGate gate) = Bind();
        Assert.Null(selection.Ids);
        Assert.Null(gate.MinimumGrade);
        Assert.Empty(gate.Required);
    }

    [Fact]
    public void Lists_are_repeated_or_have_commas()
    {
        (IsolationSelection selection, IsolationGate gate) = Bind("--category", "process,NETWORK", "--severity", "high", "--severity=Critical", "--require", "priv.nnp, res.cpu", "--minimum-grade", "b");
        Assert.Contains(selection.Probes, p => p.Id == "process.signal-host");
        Assert.Contains(selection.Probes, p => p.Id == "priv.nnp");
        Assert.DoesNotContain(selection.Probes, p => p.Category == IsolationCategory.Network && p.Severity < IsolationSeverity.High);
        Assert.Equal(IsolationGrade.B, gate.MinimumGrade);
        Assert.Equal(["priv.nnp", "res.cpu"], gate.Required.Order());
    }

    [Theory]
    [InlineData("--category", "Files", "UsageError")]
    [InlineData("--category", "1", "UsageError")]
    [InlineData("--category", "", "UsageError")]
    [InlineData("--severity", "High;Low", "UsageError")]
    [InlineData("--minimum-grade", "F", "UsageError")]
    [InlineData("--minimum-grade", "NotGraded", "UsageError")]
    [InlineData("--minimum-grade", "5", "UsageError")]
    [InlineData("--require", "no.such", SandboxErrorId.ProbeNotFound)]
    [InlineData("--require", "priv.*,", SandboxErrorId.ProbeNotFound)]
    [InlineData("--probe", "no.such", SandboxErrorId.ProbeNotFound)]
    public void What_makes_no_sense_is_refused(string option, string value, string errorId) =>
        Assert.Equal(errorId, Assert.ThrowsAny<SandboxException>(() => Bind(option, value)).ErrorId);

    [Fact]
    public void What_is_required_and_is_not_so_has_an_exit_code_of_its_own() =>
        Assert.Equal(1, ExitCodes.For(new SandboxException(SandboxErrorId.IsolationInsufficient, "m", "a")));

    private static (IsolationSelection Selection, IsolationGate Gate) Bind(params string[] args)
    {
        System.CommandLine.ParseResult parsed = AgentSandboxCommand.Parse(["test", .. args]).Parsed;
        Assert.Empty(parsed.Errors);
        return IsolationOptions.Bind(parsed);
    }
}
