namespace AgentSandbox.Host.Supervisor;

/// <summary><c>agentsandbox supervise ID</c>: started by the library, never by people.</summary>
internal static class SuperviseVerb
{
    /// <summary>Runs the supervisor.</summary>
    /// <param name="args">The id.</param>
    /// <returns>Exit code.</returns>
    public static int Run(string[] args)
    {
        if (!OperatingSystem.IsLinux())
        {
            CommandLine.Output.Report.Notice("agentsandbox: 'supervise' keeps a sandbox of Linux; this machine has none.");
            return CommandLine.ExitCodes.Failed;
        }

        return args is [var id] && id.Length == 12 && id.All(char.IsAsciiHexDigitLower)
            ? Backends.Linux.Runtime.Supervisor.Run(id)
            : 2;
    }
}
