namespace AgentSandbox.Tests.Images;

public sealed class SandboxNameTests
{
    public static TheoryData<string?> Hostile =>
        [null, "", ".", "..", "../x", "a/b", "/etc", "a;b", "a b", "a\nb", "a\0b", "-x", "_x", ".x", "$(id)", "é", "a\u202eb", new string('a', 64), new string('a', 300)];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_hostile_name_is_refused(string? name)
    {
        Assert.False(SandboxName.IsValid(name));
        SandboxException e = Assert.Throws<SandboxException>(() => SandboxName.Validate(name!));
        Assert.Equal(SandboxErrorId.InvalidName, e.ErrorId);
        Assert.DoesNotContain(e.Message, char.IsControl);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("0")]
    [InlineData("Debian-12.1_x")]
    public void A_plain_name_is_fine(string name) => SandboxName.Validate(name);

    [Fact]
    public void The_longest_name_is_fine() => SandboxName.Validate(new string('a', 63));
}
