namespace AgentSandbox.Host.Supervisor;

internal static class SuperviseVerb
{
    public static int Run(string[] args) => throw new NotImplementedException(args.Length.ToString());
}
