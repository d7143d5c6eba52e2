using System.Text;
using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Windows;

namespace AgentSandbox.WindowsGuest.Tar;

/// <summary><c>tar-extract DESTINATION NAME</c>: unpacks an archive from standard input, and prints where it went. Names that Windows reserves are refused.</summary>
internal static class TarExtractVerb
{
    /// <summary>Runs the verb.</summary>
    /// <param name="args">The destination, and the source's own name (empty when it has none).</param>
    /// <returns>One of <see cref="CopyExitCode"/>.</returns>
    public static int Run(string[] args) => TarVerb.Run(args, 2, static args =>
    {
        var files = WindowsFolderFiles.Instance;
        using CopyDestination destination = CopyDestination.Open(files, args[0], args[1], followLast: true);
        using Stream input = Console.OpenStandardInput();
        using SafeTarExtractor extractor = new(files, input, destination.Parent, destination.Name, ExtractPolicy.IntoSandbox);
        extractor.Run(CancellationToken.None);
        byte[] path = Encoding.UTF8.GetBytes(destination.Path);
        using Stream output = Console.OpenStandardOutput();
        output.Write(path, 0, path.Length);
        return extractor.Notes;
    });
}
