namespace AgentSandbox.Host;

/// <summary>Entry point. The supervisor's verb is told apart first, so that a supervisor pays for nothing of the command line.</summary>
internal static class Program
{
    private static int Main(string[] args) => args is ["supervise", .. string[] rest]
        ? Supervisor.SuperviseVerb.Run(rest)
        : CommandLine.AgentSandboxCommand.Run(args);
}
