using System.Security.Cryptography;
using AgentSandbox.Backends.Wsl.Mounts;
using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Tests.Wsl;

public sealed class DriveArchiverTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("agentsandbox-drive-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Source => Path.Combine(_folder, "source");

    private string Archive(long maxBytes = DriveArchiver.MaxBytes, int maxEntries = DriveArchiver.MaxEntries)
    {
        using var archive = new MemoryStream();
        new DriveArchiver(archive, maxBytes, maxEntries).Run(Source, CancellationToken.None);
        archive.Position = 0;
        string target = Directory.CreateDirectory(Path.Combine(_folder, "target")).FullName;
        using SafeFileHandle folder = LinuxFile.Open(target, OpenFlags.PathOnly | OpenFlags.Folder);
        using var extractor = new SafeTarExtractor(LinuxFolderFiles.Instance, archive, folder, LinuxFile.Name("item"), ExtractPolicy.IntoSandbox);
        extractor.Run(CancellationToken.None);
        Assert.Empty(extractor.Notes.ToList());
        return Path.Combine(target, "item");
    }

    [Fact]
    public void A_tree_arrives_as_it_was_with_links_as_links()
    {
        Directory.CreateDirectory(Path.Combine(Source, "sub/.hidden"));
        byte[] content = RandomNumberGenerator.GetBytes(300_001);
        File.WriteAllBytes(Path.Combine(Source, "sub/data"), content);
        File.WriteAllText(Path.Combine(Source, "sub/.hidden/näme with space"), "x");
        File.WriteAllText(Path.Combine(_folder, "secret"), "not part of it");
        File.CreateSymbolicLink(Path.Combine(Source, "out"), "../secret");
        File.CreateSymbolicLink(Path.Combine(Source, "folder"), "/etc");
        string copy = Archive();
        Assert.Equal(content, File.ReadAllBytes(Path.Combine(copy, "sub/data")));
        Assert.Equal("x", File.ReadAllText(Path.Combine(copy, "sub/.hidden/näme with space")));
        Assert.Equal("../secret", new FileInfo(Path.Combine(copy, "out")).LinkTarget);
        Assert.Equal("/etc", new DirectoryInfo(Path.Combine(copy, "folder")).LinkTarget);
        Assert.Equal(Directory.EnumerateFileSystemEntries(Source, "*", SearchOption.AllDirectories).Count(), Directory.EnumerateFileSystemEntries(copy, "*", SearchOption.AllDirectories).Count());
    }

    [Fact]
    public void A_file_alone_arrives()
    {
        File.WriteAllText(Source, "alone");
        Assert.Equal("alone", File.ReadAllText(Archive()));
    }

    [Fact]
    public void What_is_too_large_is_refused()
    {
        Directory.CreateDirectory(Source);
        File.WriteAllBytes(Path.Combine(Source, "a"), new byte[600]);
        File.WriteAllBytes(Path.Combine(Source, "b"), new byte[600]);
        Assert.Equal(SandboxErrorId.CopyRefused, Assert.Throws<SandboxException>(() => Archive(maxBytes: 1000)).ErrorId);
        Assert.Equal(SandboxErrorId.CopyRefused, Assert.Throws<SandboxException>(() => Archive(maxEntries: 2)).ErrorId);
        Assert.True(File.Exists(Path.Combine(Archive(maxBytes: 1200, maxEntries: 3), "b")));
    }
}
