namespace AgentSandbox;

/// <summary>Where a sandbox is in its life.</summary>
public enum SandboxState
{
    /// <summary>Being made; a sandbox whose creator died here is repaired away by the next call.</summary>
    Creating = 0,

    /// <summary>Commands can run.</summary>
    Running = 1,

    /// <summary>Nothing runs; the file system is kept.</summary>
    Stopped = 2,

    /// <summary>It ended by itself, for example because its guest or its supervisor was killed. The file system is kept; it can be started or removed.</summary>
    Failed = 3,

    /// <summary>Being removed.</summary>
    Removing = 4,
}
