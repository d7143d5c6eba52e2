using System.IO.Enumeration;
using AgentSandbox.Isolation;

namespace AgentSandbox.Tests.Isolation;

public class SelectionTests
{
    [Fact]
    public void Nothing_said_is_everything()
    {
        IsolationSelection all = Select();
        Assert.Null(all.Ids);
        Assert.Equal(IsolationTester.Catalogue, all.Probes);
        Assert.Empty(all.Required);
    }

    [Fact]
    public void Filters_go_together_and_keep_the_order()
    {
        IsolationSelection some = Select(probes: ["*.h*"], categories: [IsolationCategory.FileSystem, IsolationCategory.Network], severities: [IsolationSeverity.High]);
        Assert.NotEmpty(some.Probes);
        Assert.All(some.Probes, p => Assert.True(p.Id.Contains(".h", StringComparison.Ordinal) && p.Severity == IsolationSeverity.High && p.Category is IsolationCategory.FileSystem or IsolationCategory.Network));
        Assert.Equal(IsolationTester.Catalogue.Where(some.Probes.Contains), some.Probes);
    }

    [Fact]
    public void What_is_required_runs_whatever_is_filtered()
    {
        IsolationSelection some = Select(probes: ["net.vsock"], require: ["process.*"]);
        Assert.Contains(some.Probes, p => p.Id == "net.vsock");
        Assert.Equal(IsolationTester.Catalogue.Where(p => p.Id.StartsWith("process.", StringComparison.Ordinal)).Select(p => p.Id).Order(), some.Required.Order());
        Assert.All(some.Required, id => Assert.Contains(some.Probes, p => p.Id == id));
        Assert.DoesNotContain("net.vsock", some.Required);
    }

    [Theory]
    [InlineData("net.vsok", null, "net.vsock")]
    [InlineData(null, "net.vsok", "net.vsock")]
    [InlineData(null, "nothing.*", "The probes are")]
    [InlineData("nothing.*", null, "")]
    public void What_fits_nothing_is_an_error(string? probe, string? require, string hint)
    {
        SandboxException error = Assert.Throws<SandboxException>(() => Select(probe is null ? null : [probe], null, null, require is null ? null : [require]));
        Assert.Equal(SandboxErrorId.ProbeNotFound, error.ErrorId);
        Assert.Contains(hint, error.RecommendedAction, StringComparison.Ordinal);
    }

    private static IsolationSelection Select(string[]? probes = null, IsolationCategory[]? categories = null, IsolationSeverity[]? severities = null, string[]? require = null) =>
        IsolationSelection.Create(probes, categories, severities, require, (pattern, id) => FileSystemName.MatchesSimpleExpression(pattern, id));
}
