
namespace AgentSandbox.Tests.Specification;

public sealed class SandboxMountTests
{
    [Theory]
    [InlineData("/src", "/src", "/src", true)]
    [InlineData("/src:/work", "/src", "/work", true)]
    [InlineData("/src:/work:ro", "/src", "/work", true)]
    [InlineData("/src:/work:rw", "/src", "/work", false)]
    [InlineData("/src:rw", "/src", "/src", false)]
    [InlineData("/src:ro", "/src", "/src", true)]
    [InlineData("src:/work", "/base/src", "/work", true)]
    [InlineData("./src", "/base/src", "/base/src", true)]
    [InlineData("../src:rw", "/src", "/src", false)]
    [InlineData(".:/work", "/base", "/work", true)]
    [InlineData("/a/../b:/work", "/b", "/work", true)]
    [InlineData("/with space:/work", "/with space", "/work", true)]
    public void Mounts_are_read(string text, string source, string target, bool readOnly)
    {
        SandboxMount mount = SandboxMount.Parse(text, "/base");
        Assert.Equal((source, target, readOnly), (mount.Source, mount.Target, mount.ReadOnly));
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData(":/work")]
    [InlineData("/src:")]
    [InlineData("/src::rw")]
    [InlineData(":rw")]
    [InlineData("/src:/work:RW")]
    [InlineData("/src:/work:wr")]
    [InlineData("/src:/work:rw:ro")]
    [InlineData("/a:/b:/c")]
    [InlineData("/src\0:/work")]
    public void What_is_no_mount_is_an_error_with_an_id(string text) =>
        Assert.Equal(SandboxErrorId.InvalidMount, Assert.Throws<SandboxException>(() => SandboxMount.Parse(text, "/base")).ErrorId);

    [Theory]
    [InlineData("/src:/work:ro")]
    [InlineData("/src:/work:rw")]
    public void A_mount_is_written_as_it_is_read(string text) => Assert.Equal(text, SandboxMount.Parse(text).ToString());
}
