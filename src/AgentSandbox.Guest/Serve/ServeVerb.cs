namespace AgentSandbox.Guest.Serve;

internal static class ServeVerb
{
    public static int Run(string[] args) => throw new NotImplementedException(args.Length.ToString());
}
