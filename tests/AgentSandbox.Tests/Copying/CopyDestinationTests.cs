using System.Text;
using AgentSandbox.Copying;
using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;

namespace AgentSandbox.Tests.Copying;

/// <summary>Where a copy goes: as cp(1) has it, and never through a link on the host.</summary>
public sealed class CopyDestinationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_existing_folder_receives_the_source_under_its_own_name()
    {
        Assert.Equal($"{_folder.Path}/own", Open(_folder.Path));
        Assert.Equal($"{_folder.Path}/own", Open(_folder.Path + "/"));
    }

    [Fact]
    public void Another_path_is_what_the_source_becomes() => Assert.Equal($"{_folder.Path}/new", Open($"{_folder.Path}/new"));

    [Fact]
    public void An_existing_file_is_what_the_source_becomes()
    {
        File.WriteAllText($"{_folder.Path}/file", "");
        Assert.Equal($"{_folder.Path}/file", Open($"{_folder.Path}/file"));
        Assert.Equal(Errno.NotFolder, Assert.Throws<NativeIOException>(() => Open($"{_folder.Path}/file/")).Errno);
    }

    [Fact]
    public void A_slash_at_the_end_makes_the_folder()
    {
        Assert.Equal($"{_folder.Path}/new/own", Open($"{_folder.Path}/new/"));
        Assert.True(Directory.Exists($"{_folder.Path}/new"));
    }

    [Fact]
    public void The_folder_around_it_must_exist() => Assert.Equal(Errno.NoEntry, Assert.Throws<NativeIOException>(() => Open($"{_folder.Path}/no/such")).Errno);

    [Fact]
    public void A_link_at_the_end_is_followed_in_the_sandbox_only()
    {
        Directory.CreateDirectory($"{_folder.Path}/real");
        File.CreateSymbolicLink($"{_folder.Path}/link", "real");
        Assert.Throws<ArchiveException>(() => Open($"{_folder.Path}/link"));
        Assert.Throws<ArchiveException>(() => Open($"{_folder.Path}/link/"));
        Assert.Equal($"{_folder.Path}/link/own", Open($"{_folder.Path}/link", followLast: true));
    }

    [Fact]
    public void A_root_folder_has_no_name_of_its_own()
    {
        Assert.Throws<ArchiveException>(() => CopyDestination.Open(LinuxFolderFiles.Instance, _folder.Path, "", followLast: false));
        using CopyDestination destination = CopyDestination.Open(LinuxFolderFiles.Instance, $"{_folder.Path}/new", "", followLast: false);
        Assert.Equal("new\0", Encoding.UTF8.GetString(destination.Name));
    }

    [Theory]
    [InlineData("/a/b", "b")]
    [InlineData("/a/b/", "b")]
    [InlineData("/a/b/.", "b")]
    [InlineData("/a/b/..", "a")]
    [InlineData("/a/../..", "")]
    [InlineData("/", "")]
    public void The_own_name_of_a_path_in_a_sandbox(string path, string name) => Assert.Equal(name, SandboxPath.OwnName(path));

    [Theory]
    [InlineData("relative")]
    [InlineData("")]
    [InlineData("C:\\x")]
    [InlineData("/a\0b")]
    public void A_path_in_a_sandbox_must_be_absolute(string path) =>
        Assert.Equal(SandboxErrorId.CopyPathNotFound, Assert.Throws<SandboxException>(() => SandboxPath.Validate(path)).ErrorId);

    private static string Open(string path, bool followLast = false)
    {
        using CopyDestination destination = CopyDestination.Open(LinuxFolderFiles.Instance, path, "own", followLast);
        return destination.Path;
    }
}
