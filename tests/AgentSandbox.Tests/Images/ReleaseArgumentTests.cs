using AgentSandbox.Images.Build;

namespace AgentSandbox.Tests.Images;

/// <summary>What reaches mmdebstrap, which runs as root, can be nothing but a suite, package names and an address.</summary>
public sealed class ReleaseArgumentTests
{
    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("--setup-hook=id")]
    [InlineData("book worm")]
    [InlineData("../x")]
    [InlineData("Bookworm")]
    [InlineData("bookworm;id")]
    public void A_release_that_is_no_name_is_refused(string release) => AssertRefused(release, [], null);

    [Theory]
    [InlineData("-y")]
    [InlineData("a,b")]
    [InlineData("a b")]
    [InlineData("?essential")]
    [InlineData("./local.deb")]
    [InlineData("")]
    public void A_package_that_is_no_name_is_refused(string package) => AssertRefused("bookworm", [package], null);

    [Theory]
    [InlineData("-")]
    [InlineData("deb http://x bookworm main")]
    [InlineData("/etc/shadow")]
    [InlineData("http://x y")]
    [InlineData("ftp://x")]
    [InlineData("copy:/etc")]
    public void A_mirror_that_is_no_address_is_refused(string mirror) => AssertRefused("bookworm", [], mirror);

    [Fact]
    public void What_people_write_is_let_through() => ReleaseBuilder.Validate("bookworm", ["python3", "g++", "libc6-dev", "python3.11"], "https://deb.example/debian");

    private static void AssertRefused(string release, string[] packages, string? mirror) =>
        Assert.Equal(SandboxErrorId.InvalidImage, Assert.Throws<SandboxException>(() => ReleaseBuilder.Validate(release, packages, mirror)).ErrorId);
}
