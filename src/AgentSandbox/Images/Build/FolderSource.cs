using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Images.Build;

/// <summary>Reads a folder that holds a root file system, through GNU tar: owners, links, hard links and capabilities in one well-kept tool.</summary>
internal static class FolderSource
{
    /// <summary>Checks that a folder can be copied.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="store">Folder of all images.</param>
    /// <returns>The folder's path without links.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidImage"/>.</exception>
    public static string Resolve(string folder, string store)
    {
        string real;
        try
        {
            using SafeFileHandle handle = LinuxFile.Open(folder, OpenFlags.PathOnly | OpenFlags.Folder);
            real = new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget ?? folder;
        }
        catch (NativeIOException e)
        {
            throw Invalid(folder, $"can't be read: {e.Message}", "Check the path: it must be an existing folder.");
        }

        if (real == "/")
        {
            throw Invalid(folder, "is this machine's own root, with all its secrets", $"Use the built-in image '{SandboxSpecification.HostImage}', or a folder that holds a root file system.");
        }

        if (IsBelow(store, real) || IsBelow(real, store))
        {
            throw Invalid(folder, $"and the image store '{store}' are inside each other", "Move the root file system elsewhere first.");
        }

        return real;
    }

    /// <summary>Starts to read.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="withoutTimes">All files get one time of change, so that what was made twice is the same.</param>
    /// <returns>The running tar; the archive is its output.</returns>
    public static ChildProgram Start(string folder, bool withoutTimes = false) => ChildProgram.Start(
        "tar",
        [
            "--create", "--file=-", "--format=posix", "--sort=name", "--pax-option=delete=atime,delete=ctime,delete=mtime", "--numeric-owner", "--one-file-system",
            "--xattrs", "--xattrs-include=security.capability",
            .. withoutTimes ? (string[])["--mtime=@0"] : [], $"--directory={folder}", "--", ".",
        ],
        "tar");

    /// <summary>Checks how tar ended.</summary>
    /// <param name="program">The program.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when it ended well.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidImage"/>.</exception>
    public static async Task FinishAsync(ChildProgram program, string folder, CancellationToken cancellationToken)
    {
        await program.Output.CopyToAsync(Stream.Null, cancellationToken);

        // 1 is "a file changed while it was read": a folder in use may do that.
        if (await program.WaitAsync(cancellationToken) > 1)
        {
            throw Invalid(folder, $"could not be read completely: {program.Errors}", "Check its permissions and the disk that it is on.");
        }
    }

    private static bool IsBelow(string path, string folder) => (path + "/").StartsWith(folder + "/", StringComparison.Ordinal);

    private static SandboxException Invalid(string folder, string what, string action) => new(SandboxErrorId.InvalidImage, $"'{folder}' {what}.", action, folder);
}
