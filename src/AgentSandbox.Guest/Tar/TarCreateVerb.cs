using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Guest.Tar;

/// <summary><c>tar-create PATH</c>: writes the file or folder as an archive on standard output, with the rights of the command's user.</summary>
internal static class TarCreateVerb
{
    /// <summary>Runs the verb.</summary>
    /// <param name="args">The path.</param>
    /// <returns>One of <see cref="CopyExitCode"/>.</returns>
    public static int Run(string[] args) => TarVerb.Run(args, 1, static args =>
    {
        // A link at the end is followed here: it is the sandbox's own, read with the sandbox's own rights, and the host wants what it stands for.
        using SafeFileHandle source = LinuxFolderFiles.Instance.OpenSource(args[0], followLast: true);
        using SafeFileHandle output = new(1, ownsHandle: false);
        TreeArchiver archiver = new(LinuxFolderFiles.Instance, new DescriptorStream(output));
        archiver.Run(source, CancellationToken.None);
        return archiver.Notes;
    });
}
