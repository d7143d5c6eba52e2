using AgentSandbox.Copying;
using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.WindowsChecks.Copying;

/// <summary>A destination, and beside it a canary that no archive may touch.</summary>
internal sealed class Ground
{
    private const string CanaryText = "untouched";
    private readonly string _root;

    public Ground(CheckFolder folder)
    {
        _root = folder.Path;
        Directory.CreateDirectory(Destination);
        Directory.CreateDirectory(CanaryFolder);
        File.WriteAllText(Canary, CanaryText);
    }

    public string Destination => Path.Combine(_root, "destination");

    public string CanaryFolder => Path.Combine(_root, "canary");

    public string Canary => Path.Combine(CanaryFolder, "file");

    public string Item => Path.Combine(Destination, "copied");

    public SafeTarExtractor Extract(byte[] archive, ExtractPolicy? policy = null)
    {
        using SafeFileHandle folder = HostFiles.Current.OpenFolder(Destination);
        using SafeTarExtractor extractor = new(HostFiles.Current, new MemoryStream(archive), folder, NameBytes.Of("copied"), policy ?? ExtractPolicy.OutOfSandbox);
        try
        {
            extractor.Run(CancellationToken.None);
        }
        finally
        {
            Check.Same(CanaryText, File.ReadAllText(Canary), "the canary");
            Check.Same(1, Directory.GetFileSystemEntries(CanaryFolder).Length, "files beside the canary");
            Check.Same(2, Directory.GetFileSystemEntries(_root).Length, "files beside the destination");
            Check.That(!Directory.EnumerateFileSystemEntries(Destination, ".agentsandbox-*", SearchOption.AllDirectories).Any(), "half-written files are left");
        }

        return extractor;
    }

    public string Refused(byte[] archive, ArchiveFault fault = ArchiveFault.Refused, ExtractPolicy? policy = null)
    {
        ArchiveException e = Check.Throws<ArchiveException>(() => Extract(archive, policy), "a hostile archive");
        Check.Same(fault, e.Fault, e.Message);
        Check.That(!e.Message.Any(char.IsControl), $"control characters in '{e.Message}'");
        return e.Message;
    }
}
