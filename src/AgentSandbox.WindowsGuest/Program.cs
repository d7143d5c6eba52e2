namespace AgentSandbox.WindowsGuest;

/// <summary>Dispatches to the verbs. The sandbox's logon command starts <c>serve</c>; the guest starts the others through itself.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        string[] rest = args.Length == 0 ? [] : args.AsSpan(1).ToArray();
        return (args.Length == 0 ? "" : args[0]) switch
        {
            "serve" => Serve.ServeVerb.Run(rest),
            "tar-create" => Tar.TarCreateVerb.Run(rest),
            "tar-extract" => Tar.TarExtractVerb.Run(rest),
            "probe" => Probes.ProbeVerb.Run(rest),
            Serve.Commands.ConsoleBreak.Verb => Serve.Commands.ConsoleBreak.Run(rest),
            _ => Usage(),
        };
    }

    private static int Usage()
    {
        Console.Error.WriteLine("started by agentsandbox inside a sandbox; it is of no use on its own.");
        return 2;
    }
}
