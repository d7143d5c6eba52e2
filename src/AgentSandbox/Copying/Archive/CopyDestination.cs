using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Archive;

/// <summary>Where a copy goes, decided by the receiver as cp(1) decides it: into an existing folder under the source's own name, else to that very path.</summary>
/// <param name="Parent">The open folder that the item is made in.</param>
/// <param name="Name">The name that it gets there, ending in NUL.</param>
/// <param name="Path">The path to show.</param>
internal sealed record CopyDestination(SafeFileHandle Parent, byte[] Name, string Path) : IDisposable
{
    /// <summary>Opens the destination.</summary>
    /// <param name="files">The system's files.</param>
    /// <param name="path">Absolute path, in normal form but for a slash at its end.</param>
    /// <param name="ownName">Name of the source.</param>
    /// <param name="followLast">Follow a link at the path's end. Not on the host: in a folder that a sandbox can write, it would be the sandbox that chooses the destination.</param>
    /// <returns>The destination.</returns>
    /// <exception cref="ArchiveException">It is a link.</exception>
    /// <exception cref="NativeIOException">The folder that it would be in does not exist or can't be entered.</exception>
    public static CopyDestination Open(IFolderFiles files, string path, string ownName, bool followLast)
    {
        string trimmed = path.TrimEnd(files.Separators);
        if (trimmed.Length <= (System.IO.Path.GetPathRoot(path) ?? "").TrimEnd(files.Separators).Length)
        {
            // "/", a drive or a share.
            string root = trimmed + files.Separators[0];
            return new CopyDestination(files.OpenFolder(root), Own(files, ownName), root + ownName);
        }

        // With its slash: without it "C:" would be the current folder of that drive.
        int slash = trimmed.LastIndexOfAny(files.Separators);
        byte[] last = Checked(files, trimmed[(slash + 1)..]);
        SafeFileHandle parent = files.OpenFolder(trimmed[..(slash + 1)]);
        try
        {
            int errno = files.TryLook(parent, last, out FileFacts facts);
            if (errno == 0 && facts.Kind is not (FileKind.File or FileKind.Folder) && !followLast)
            {
                throw new ArchiveException(ArchiveFault.Refused, $"The destination '{DisplayText.Of(trimmed)}' is a symbolic link, or neither a file nor a folder; links are not followed.");
            }

            if (errno == Errno.NoEntry && trimmed.Length < path.Length)
            {
                errno = files.MakeFolder(parent, last, 0x1FF) is int problem and not 0 ? throw new NativeIOException(problem, "mkdir", last) : 0;
            }

            if (errno is not (0 or Errno.NoEntry))
            {
                throw new NativeIOException(errno, "open", last);
            }

            if (errno == 0 && files.TryOpenFolder(parent, last, followLast, out _) is SafeFileHandle folder)
            {
                parent.Dispose();
                return new CopyDestination(folder, Own(files, ownName), $"{trimmed}{files.Separators[0]}{ownName}");
            }

            return trimmed.Length < path.Length ? throw new NativeIOException(Errno.NotFolder, "open", last) : new CopyDestination(parent, last, trimmed);
        }
        catch
        {
            parent.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Parent.Dispose();

    private static byte[] Own(IFolderFiles files, string name) => name.Length > 0
        ? Checked(files, name)
        : throw new ArchiveException(ArchiveFault.Refused, "The source is a root folder, which has no name of its own: give a destination that does not exist yet.");

    private static byte[] Checked(IFolderFiles files, string text)
    {
        byte[] name = NameBytes.Of(text);
        return files.NameProblem(name) is string problem
            ? throw new ArchiveException(ArchiveFault.Refused, $"The name '{DisplayText.Of(text)}' {problem}, which is not possible here: give a destination that does not exist yet, with another name.")
            : name;
    }
}
