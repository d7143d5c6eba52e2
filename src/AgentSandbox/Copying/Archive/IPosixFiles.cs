using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Archive;

/// <summary>What only some systems have: links, owners, exact permissions, file capabilities. Names end in NUL, errors are errno(3).</summary>
internal interface IPosixFiles
{
    /// <summary>Makes a symbolic link.</summary>
    /// <param name="folder">The folder that it is made in.</param>
    /// <param name="name">Its name.</param>
    /// <param name="target">Where it points to, as bytes without NUL.</param>
    /// <returns>0 or errno(3).</returns>
    int MakeSymbolicLink(SafeFileHandle folder, byte[] name, byte[] target);

    /// <summary>Gives a file another name.</summary>
    /// <param name="oldFolder">The folder that it is in.</param>
    /// <param name="oldName">Its name there.</param>
    /// <param name="folder">The folder of the new name.</param>
    /// <param name="name">The new name.</param>
    /// <returns>0 or errno(3).</returns>
    int MakeHardLink(SafeFileHandle oldFolder, byte[] oldName, SafeFileHandle folder, byte[] name);

    /// <summary>Gives a symbolic link its owner.</summary>
    /// <param name="folder">The folder that it is in.</param>
    /// <param name="name">Its name.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>0 or errno(3).</returns>
    int OwnLink(SafeFileHandle folder, byte[] name, TarEntry entry);

    /// <summary>Makes a folder that an archive of a root file system leaves out.</summary>
    /// <param name="parent">Its parent.</param>
    /// <param name="name">Its name.</param>
    /// <returns>0 or errno(3).</returns>
    int MakeImplicitFolder(SafeFileHandle parent, byte[] name);

    /// <summary>Gives a folder the owner and permissions of an entry.</summary>
    /// <param name="parent">Its parent.</param>
    /// <param name="name">Its name; "." is the parent itself.</param>
    /// <param name="entry">The entry.</param>
    /// <returns>0 or errno(3).</returns>
    int OwnFolder(SafeFileHandle parent, byte[] name, TarEntry entry);

    /// <summary>Gives a file the owner, permissions and capabilities of an entry.</summary>
    /// <param name="file">The file, opened for writing.</param>
    /// <param name="entry">The entry.</param>
    void OwnFile(SafeFileHandle file, TarEntry entry);

    /// <summary>Sets the time of the last change of a name in a folder; a link is not followed.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The name.</param>
    /// <param name="seconds">Since 1970.</param>
    void SetModified(SafeFileHandle folder, byte[] name, long seconds);
}
