using AgentSandbox.Backends.Docker.Windows;

namespace AgentSandbox.Tests.Docker.Windows;

public sealed class WindowsPathTests
{
    [Theory]
    [InlineData(@"C:\", true)]
    [InlineData(@"c:/work", true)]
    [InlineData(@"C:\Program Files (x86)\100% & more", true)]
    [InlineData(@"C:\a\", true)]
    [InlineData(@"C:", false)]
    [InlineData(@"C:a", false)]
    [InlineData(@"/work", false)]
    [InlineData(@"\\server\share", false)]
    [InlineData(@"\\?\C:\a", false)]
    [InlineData(@"C:\a\..\b", false)]
    [InlineData(@"C:\a\.\b", false)]
    [InlineData(@"C:\a\.. \b", false)]
    [InlineData(@"C:\a.", false)]
    [InlineData(@"C:\a:stream", false)]
    [InlineData("C:\\a\"&calc&\"", false)]
    [InlineData("C:\\a\nb", false)]
    [InlineData(@"C:\*", false)]
    [InlineData("", false)]
    public void A_clean_path(string path, bool isClean) => Assert.Equal(isClean, WindowsPath.IsClean(path));

    [Theory]
    [InlineData(@"c:/a//b/", @"C:\a\b", @"C:\a", "b")]
    [InlineData(@"C:\a", @"C:\a", @"C:\", "a")]
    public void Its_parts(string path, string normal, string folder, string name)
    {
        Assert.Equal(normal, WindowsPath.Normal(path));
        Assert.Equal((folder, name), WindowsPath.Split(path));
    }

    [Fact]
    public void A_root() => Assert.True(WindowsPath.IsRoot(@"C:\") && WindowsPath.IsRoot("d:/") && !WindowsPath.IsRoot(@"C:\a") && WindowsPath.Normal("d:/") == @"D:\");
}
