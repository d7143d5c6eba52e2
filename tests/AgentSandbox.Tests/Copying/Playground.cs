using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Tests.Copying;

/// <summary>A folder with a destination in it, and beside that a canary that no archive may touch.</summary>
internal sealed class Playground : IDisposable
{
    private const string CanaryText = "untouched";

    public Playground()
    {
        Root = Directory.CreateTempSubdirectory("agentsandbox-copy-").FullName;
        Destination = Directory.CreateDirectory(Path.Combine(Root, "destination")).FullName;
        CanaryFolder = Directory.CreateDirectory(Path.Combine(Root, "canary")).FullName;
        File.WriteAllText(Canary, CanaryText);
    }

    public string Root { get; }

    public string Destination { get; }

    public string CanaryFolder { get; }

    public string Canary => Path.Combine(CanaryFolder, "file");

    /// <summary>Where the copied item is made.</summary>
    public string Item => Path.Combine(Destination, "copied");

    /// <summary>Unpacks as a copy out of a sandbox, and checks that the canary is as it was.</summary>
    public SafeTarExtractor Extract(byte[] archive, ExtractPolicy? policy = null, Stream? stream = null)
    {
        using SafeFileHandle folder = LinuxFile.Open(Destination, OpenFlags.Folder);
        using SafeTarExtractor extractor = new(LinuxFolderFiles.Instance, stream ?? new MemoryStream(archive), folder, LinuxFile.Name("copied"), policy ?? ExtractPolicy.OutOfSandbox);
        try
        {
            extractor.Run(CancellationToken.None);
        }
        finally
        {
            AssertUntouched();
        }

        return extractor;
    }

    /// <summary>Expects that the archive is refused.</summary>
    public ArchiveException ExpectFault(ArchiveFault fault, byte[] archive, ExtractPolicy? policy = null)
    {
        ArchiveException e = Assert.Throws<ArchiveException>(() => Extract(archive, policy));
        Assert.Equal(fault, e.Fault);
        Assert.DoesNotContain(e.Message, char.IsControl);
        return e;
    }

    public void AssertUntouched()
    {
        Assert.Equal(["canary", "destination"], Directory.EnumerateFileSystemEntries(Root).Select(Path.GetFileName).Order());
        Assert.Equal([Canary], Directory.EnumerateFileSystemEntries(CanaryFolder));
        Assert.Equal(CanaryText, File.ReadAllText(Canary));
        Assert.Null(new FileInfo(Canary).LinkTarget);

        // Nothing half-written is left either.
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(Destination, "*", SearchOption.AllDirectories), static path => Path.GetFileName(path).StartsWith(".agentsandbox-", StringComparison.Ordinal));
    }

    public void Dispose() => SafeDelete.Tree(Root);
}
