using System.Runtime.InteropServices;
using AgentSandbox.Backends.Linux.FileSystem;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.Isolation.Canaries;

namespace AgentSandbox.Isolation.Observation;

/// <summary>
/// An empty file with a random name that the guest makes, to be found, or not, in a folder that the host knows. Links of the sandbox or of its image
/// lead nowhere but into the folder: a path is resolved below it, as if it were the root.
/// </summary>
internal static class FileMark
{
    // O_NOFOLLOW, one of the few numbers of open(2) that are not the same everywhere.
    private static readonly int s_noFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>A name that nobody has.</summary>
    /// <returns>The name.</returns>
    public static string NewName() => ".agentsandbox-probe-" + HostCanaries.NewSecret();

    /// <summary>Whom the file belongs to.</summary>
    /// <param name="root">The folder that paths are resolved in.</param>
    /// <param name="folder">The file's folder, below it.</param>
    /// <param name="name">The file's name.</param>
    /// <returns>The user's id on the host; null when the file is not there.</returns>
    public static uint? OwnerOf(string root, string folder, string name)
    {
        using FileDescriptor top = FileDescriptor.Open(root, Libc.O_PATH);
        using FileDescriptor? file = RootPath.TryOpen(top.Value, $"{folder.TrimEnd('/')}/{name}", Libc.O_PATH | s_noFollow);
        return file is null ? null : FileOwner.Of(PathOf(file)).Uid;
    }

    /// <summary>Removes the file.</summary>
    /// <param name="root">As above.</param>
    /// <param name="folder">As above.</param>
    /// <param name="name">As above.</param>
    /// <returns>Whether it was there.</returns>
    public static bool Remove(string root, string folder, string name)
    {
        if (OwnerOf(root, folder, name) is null)
        {
            return false;
        }

        using FileDescriptor top = FileDescriptor.Open(root, Libc.O_PATH);
        using FileDescriptor? parent = RootPath.TryOpen(top.Value, folder, Libc.O_PATH);
        if (parent is not null)
        {
            File.Delete($"{PathOf(parent)}/{name}"); // A link itself, not what it leads to.
        }

        return true;
    }

    private static string PathOf(FileDescriptor descriptor) => RootBuilder.ProcPath(descriptor);
}
