using AgentSandbox.Backends.Linux.ControlGroups;
using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Checkpoints;

/// <summary>
/// Where the copy of a sandbox's files grows. It exists for as long as a process, with the sandbox's operation lock, is at such a copy; one that is there while
/// nobody holds the lock was left by a process that was killed, which may have left the sandbox's processes held too: who finds it makes both good.
/// </summary>
internal sealed class WorkFolder : IDisposable
{
    private readonly SandboxPaths _paths;

    /// <summary>Makes it.</summary>
    /// <param name="paths">The sandbox's; its operation lock is the caller's.</param>
    public WorkFolder(SandboxPaths paths)
    {
        _paths = paths;
        PrivateFolder.Create(paths.Work);
    }

    /// <summary>A folder in it that does not exist yet.</summary>
    public string Fresh => Path.Combine(_paths.Work, "new");

    /// <summary>Undoes what a killed process left. The caller has the operation lock.</summary>
    /// <param name="paths">The sandbox's.</param>
    /// <param name="id">Its id.</param>
    public static void Repair(SandboxPaths paths, string id)
    {
        if (Directory.Exists(paths.Work))
        {
            new ControlGroup(ControlGroupHierarchy.Detect(), id).Thaw(); // First: the folder is what says that this may be due.
            SandboxRemains.DeleteHostileTree(paths.Work);
        }
    }

    /// <summary>Deletes it and what is in it.</summary>
    public void Dispose() => SandboxRemains.DeleteHostileTree(_paths.Work);
}
