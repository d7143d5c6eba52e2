namespace AgentSandbox.Guest.Serve;

internal static class SpawnVerb
{
    public static int Run(string[] args) => throw new NotImplementedException(args.Length.ToString());
}
