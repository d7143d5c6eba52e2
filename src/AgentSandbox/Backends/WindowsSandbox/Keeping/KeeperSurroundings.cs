using AgentSandbox.Backends.WindowsSandbox.Configuration;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>All that a keeper touches. Tests replace each.</summary>
internal sealed record KeeperSurroundings
{
    /// <summary>This backend's own state folder.</summary>
    public required SandboxHome Home { get; init; }

    /// <summary>Starts and ends the instance.</summary>
    public required IInstance Instance { get; init; }

    /// <summary>The way to the guest.</summary>
    public required IGuestDoor Door { get; init; }

    /// <summary>The host's file system.</summary>
    public required IHostFolders Folders { get; init; }

    /// <summary>The time.</summary>
    public IClock Clock { get; init; } = new SystemClock();

    /// <summary>What may be in the folder that the guest writes.</summary>
    public FolderBounds Bounds { get; init; } = FolderBounds.Default;

    /// <summary>Between two looks at the folder and the locks.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Between two questions whether the instance is there, which start a program each.</summary>
    public TimeSpan Ask { get; init; } = TimeSpan.FromSeconds(20);
}
