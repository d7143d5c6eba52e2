using AgentSandbox.Backends;

namespace AgentSandbox.Tests.Errors;

public sealed class ProgramTests
{
    [Fact]
    public void A_program_that_is_missing_is_named_with_the_way_to_get_it()
    {
        SandboxException e = Assert.Throws<SandboxException>(() => SandboxPrograms.Find("agentsandbox-no-such-program"));
        Assert.Equal(SandboxErrorId.ProgramNotFound, e.ErrorId);
        Assert.Contains("agentsandbox-no-such-program", e.Message, StringComparison.Ordinal);
        Assert.Contains(SandboxPrograms.EnvironmentVariable, e.RecommendedAction, StringComparison.Ordinal);
    }
}
