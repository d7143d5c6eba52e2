namespace AgentSandbox.Host;

/// <summary>Entry point. The verbs of detached processes are told apart first, so that those pay for nothing of the command line.</summary>
internal static class Program
{
    private static int Main(string[] args) => args switch
    {
        ["supervise", .. string[] rest] => Supervisor.SuperviseVerb.Run(rest),
        [Backends.Wsl.Wire.ProviderProtocol.Verb, .. string[] rest] => Provider.ProviderProgram.Run(rest),
        [Backends.Docker.ContainerKeeper.Verb, string id] => Backends.Docker.ContainerKeeper.Run(id),
        [Processes.ProcessHolder.Verb] => Processes.ProcessHolder.Run(),
        [WindowsSandbox.KeepVerb.Name, string id] => WindowsSandbox.KeepVerb.Run(id),
        _ => CommandLine.AgentSandboxCommand.Run(args),
    };
}
