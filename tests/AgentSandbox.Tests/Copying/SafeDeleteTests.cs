using AgentSandbox.Copying.Files;

namespace AgentSandbox.Tests.Copying;

public sealed class SafeDeleteTests
{
    [Fact]
    public void Links_are_deleted_not_followed()
    {
        using Playground ground = new();
        string doomed = Directory.CreateDirectory(Path.Combine(ground.Destination, "doomed/inner")).Parent!.FullName;
        File.CreateSymbolicLink(Path.Combine(doomed, "inner/folder"), ground.CanaryFolder);
        File.CreateSymbolicLink(Path.Combine(doomed, "file"), ground.Canary);
        SafeDelete.Tree(doomed);
        Assert.False(Path.Exists(doomed));
        ground.AssertUntouched();
    }

    [Fact]
    public void A_link_given_as_the_tree_is_deleted_itself()
    {
        using Playground ground = new();
        string link = Path.Combine(ground.Destination, "link");
        File.CreateSymbolicLink(link, ground.CanaryFolder);
        SafeDelete.Tree(link);
        Assert.Empty(Directory.EnumerateFileSystemEntries(ground.Destination));
        ground.AssertUntouched();
    }

    [Fact]
    public void What_does_not_exist_is_fine()
    {
        SafeDelete.Tree("/nonexistent/folder/x");
        SafeDelete.Tree(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString()));
    }
}
