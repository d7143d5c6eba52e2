namespace AgentSandbox.Guest.Tar;

internal static class TarCreateVerb
{
    public static int Run(string[] args) => throw new NotImplementedException(args.Length.ToString());
}
