using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Guest.Tar;

/// <summary><c>tar-extract DESTINATION NAME</c>: unpacks an archive from standard input, and prints where it went, with the rights of the command's user.</summary>
internal static class TarExtractVerb
{
    /// <summary>Runs the verb.</summary>
    /// <param name="args">The destination, and the source's own name (empty when it has none).</param>
    /// <returns>One of <see cref="CopyExitCode"/>.</returns>
    public static int Run(string[] args) => TarVerb.Run(args, 2, static args =>
    {
        using CopyDestination destination = CopyDestination.Open(LinuxFolderFiles.Instance, args[0], args[1], followLast: true);
        using SafeFileHandle input = new(0, ownsHandle: false);
        using SafeTarExtractor extractor = new(LinuxFolderFiles.Instance, new DescriptorStream(input), destination.Parent, destination.Name, ExtractPolicy.IntoSandbox);
        extractor.Run(CancellationToken.None);
        using SafeFileHandle output = new(1, ownsHandle: false);
        LinuxFile.Write(output, LinuxFile.Name(destination.Path).AsSpan(..^1));
        return extractor.Notes;
    });
}
