namespace AgentSandbox.Guest.Probes;

internal static class ProbeVerb
{
    public static int Run(string[] args) => throw new NotImplementedException(args.Length.ToString());
}
