namespace AgentSandbox.Host.WindowsSandbox;

/// <summary><c>agentsandbox keep-windows-sandbox ID</c>: started by the library, never by people.</summary>
internal static class KeepVerb
{
    /// <summary>The verb.</summary>
    public const string Name = Backends.WindowsSandbox.Keeping.KeeperProcess.Verb;

    /// <summary>Keeps the one instance of Windows Sandbox to its end.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <returns>Exit code.</returns>
    public static int Run(string id) => Backends.WindowsSandbox.Keeping.KeeperProcess.Run(id);
}
