namespace AgentSandbox;

/// <summary>Which network a sandbox has. Docker's words.</summary>
public enum NetworkMode
{
    /// <summary>A network of its own with nothing but a loopback interface.</summary>
    None = 0,

    /// <summary>The host's network: everything that the host can reach, its loopback services included.</summary>
    Host = 1,
}
