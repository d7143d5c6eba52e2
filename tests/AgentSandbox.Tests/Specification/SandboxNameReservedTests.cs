namespace AgentSandbox.Tests.Specification;

/// <summary>A specification works on every system, so a name that one of them reserves is none on the others either.</summary>
public sealed class SandboxNameReservedTests
{
    [Theory]
    [InlineData("con")]
    [InlineData("CON")]
    [InlineData("nul.txt")]
    [InlineData("aux")]
    [InlineData("prn.a.b")]
    [InlineData("com1")]
    [InlineData("Lpt9.log")]
    [InlineData("box.")]
    public void What_Windows_reserves_is_refused_everywhere(string name)
    {
        Assert.False(SandboxName.IsValid(name));
        Assert.Equal(SandboxErrorId.InvalidName, Assert.Throws<SandboxException>(() => SandboxName.Validate(name)).ErrorId);
    }

    [Theory]
    [InlineData("console")]
    [InlineData("com")]
    [InlineData("com10")]
    [InlineData("null")]
    [InlineData("a.con")]
    [InlineData("box.1")]
    public void What_only_looks_like_it_is_not(string name) => Assert.True(SandboxName.IsValid(name));
}
