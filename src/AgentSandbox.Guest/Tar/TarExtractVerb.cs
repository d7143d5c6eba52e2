namespace AgentSandbox.Guest.Tar;

internal static class TarExtractVerb
{
    public static int Run(string[] args) => throw new NotImplementedException(args.Length.ToString());
}
