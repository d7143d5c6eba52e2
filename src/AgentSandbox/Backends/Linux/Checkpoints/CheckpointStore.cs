using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.Copying.Files;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Checkpoints;

/// <summary>
/// The checkpoints of one sandbox: a folder each, below the sandbox's own. One that is there is complete: it grows elsewhere and comes by a rename, and goes by
/// one. Who changes something holds the sandbox's operation lock.
/// </summary>
internal sealed class CheckpointStore(SandboxPaths paths)
{
    private const string RecordFile = "checkpoint.json";
    private const uint RENAME_NOREPLACE = 1;
    private const uint RENAME_EXCHANGE = 2;

    /// <summary>Reads all, the oldest first.</summary>
    public IReadOnlyList<SandboxCheckpoint> List() =>
        !Directory.Exists(paths.Checkpoints) ? [] : [.. Directory.EnumerateDirectories(paths.Checkpoints).Select(Read).OfType<SandboxCheckpoint>().OrderBy(c => c.Created)];

    /// <summary>Reads one.</summary>
    /// <returns>The checkpoint, or null when there is none of that name.</returns>
    public SandboxCheckpoint? TryGet(string name) => SandboxName.IsValid(name) ? Read(Folder(name)) : null;

    /// <summary>Where a checkpoint's files are, without regard to the name's case.</summary>
    public string Folder(string name) => Path.Combine(paths.Checkpoints, name.ToLowerInvariant());

    /// <summary>Gives a complete folder its name, in one step.</summary>
    /// <param name="folder">Has the copied disk in it; afterwards it is gone, or holds what was replaced.</param>
    /// <param name="checkpoint">What is known about it.</param>
    public void Commit(string folder, SandboxCheckpoint checkpoint)
    {
        StateFile.Write(Path.Combine(folder, RecordFile), checkpoint, StateJson.Default.SandboxCheckpoint);
        PrivateFolder.Create(paths.Checkpoints);
        string target = Folder(checkpoint.Name);
        Rename(folder, target, Directory.Exists(target) ? RENAME_EXCHANGE : RENAME_NOREPLACE);
    }

    /// <summary>Takes a checkpoint away in one step.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="doomed">Where it is put, to be deleted; must not exist.</param>
    public void TakeOut(string name, string doomed) => Rename(Folder(name), doomed, RENAME_NOREPLACE);

    /// <summary>Swaps two folders in one step.</summary>
    public static void Exchange(string first, string second) => Rename(first, second, RENAME_EXCHANGE);

    private static SandboxCheckpoint? Read(string folder) => StateFile.TryRead(Path.Combine(folder, RecordFile), StateJson.Default.SandboxCheckpoint);

    private static void Rename(string from, string to, uint flags) =>
        Native.Errno.Check(Copying.Files.Native.RenameAt2(Copying.Files.Native.AtFdCwd, LinuxFile.Name(from), Copying.Files.Native.AtFdCwd, LinuxFile.Name(to), flags), $"rename {from} to {to}");
}
