namespace AgentSandbox.Guest.Probes.Wsl;

/// <summary>Whether Windows' file servers answer.</summary>
internal static class FileServerProbe
{
    /// <summary>Arguments: their addresses.</summary>
    public static ProbeReport Reach(string[] args) => SocketReach.Any(args, 0, $"connect to {string.Join(", ", args)}");
}
