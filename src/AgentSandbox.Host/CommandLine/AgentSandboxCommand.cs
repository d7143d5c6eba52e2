namespace AgentSandbox.Host.CommandLine;

internal static class AgentSandboxCommand
{
    public static int Run(string[] args) => throw new NotImplementedException(args.Length.ToString());
}
