namespace AgentSandbox.Guest;

/// <summary>Dispatches to the verbs. The host starts <c>serve</c>; the guest starts the others through itself, so that they have the rights of the command's user only.</summary>
internal static class Program
{
    private static int Main(string[] args) => args switch
    {
        ["serve", .. string[] rest] => Serve.ServeVerb.Run(rest),
        ["tar-create", .. string[] rest] => Tar.TarCreateVerb.Run(rest),
        ["tar-extract", .. string[] rest] => Tar.TarExtractVerb.Run(rest),
        ["probe", .. string[] rest] => Probes.ProbeVerb.Run(rest),
        ["seccomp-exec", .. string[] rest] => Seccomp.SeccompExecVerb.Run(rest),
        ["root-type"] => Probes.RootTypeVerb.Run(),
        _ => Usage(),
    };

    private static int Usage()
    {
        Native.StandardError.WriteLine("started by agentsandbox inside a sandbox; it is of no use on its own.");
        return 2;
    }
}
