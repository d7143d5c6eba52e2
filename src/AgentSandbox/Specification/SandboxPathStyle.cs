namespace AgentSandbox;

/// <summary>How paths inside a backend's sandboxes are written.</summary>
internal enum SandboxPathStyle
{
    /// <summary><c>/work</c>.</summary>
    Linux = 0,

    /// <summary><c>C:\work</c>.</summary>
    Windows = 1,
}
