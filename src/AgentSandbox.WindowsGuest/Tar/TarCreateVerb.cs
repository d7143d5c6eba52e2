using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Windows;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.WindowsGuest.Tar;

/// <summary><c>tar-create PATH</c>: writes the file or folder as an archive on standard output. Reparse points in it are not followed.</summary>
internal static class TarCreateVerb
{
    private const uint Read = NtFile.FILE_READ_DATA | NtFile.FILE_READ_ATTRIBUTES;
    private const uint Share = NtFile.FILE_SHARE_READ | NtFile.FILE_SHARE_WRITE | NtFile.FILE_SHARE_DELETE;

    /// <summary>Runs the verb.</summary>
    /// <param name="args">The path.</param>
    /// <returns>One of <see cref="CopyExitCode"/>.</returns>
    public static int Run(string[] args) => TarVerb.Run(args, 1, static args =>
    {
        // A link at the end is followed here: it is the sandbox's own, read with the sandbox's own rights, and the host wants what it stands for.
        using SafeFileHandle source = WindowsPathFile.Open(args[0], Read, Share);
        using Stream output = Console.OpenStandardOutput();
        TreeArchiver archiver = new(WindowsFolderFiles.Instance, output);
        archiver.Run(source, CancellationToken.None);
        output.Flush();
        return archiver.Notes;
    });
}
