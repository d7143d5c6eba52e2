using AgentSandbox.Host.CommandLine.Options;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>run</c>: one command in a sandbox of its own, which is removed however this ends.</summary>
internal static class RunVerb
{
    /// <summary>Makes the verb.</summary>
    /// <returns>The verb.</returns>
    public static Verb Create()
    {
        var verb = new Verb("run", "Run a command in a throw-away sandbox, which is removed however the command ends.")
        {
            Usage = "agentsandbox run [options] -- COMMAND [ARGUMENT...]",
            RunsCommand = true,
            Handler = HandleAsync,
            Examples =
            [
                ("Who am I in there?", "agentsandbox run -- id"),
                ("A pipeline around it: streams are raw bytes", "tar c ./src | agentsandbox run --timeout 2m -- tar tv"),
                ("A shell line", "agentsandbox run -- sh -c 'ls /proc | head'"),
                ("An interactive shell that leaves nothing", "agentsandbox run --tty -- bash"),
                ("Build in a folder of mine, with limits", "agentsandbox run --mount .:/work:rw --working-directory /work --memory 2GB --cpu 2 -- make"),
            ],
            Notes = "Ctrl+C or SIGTERM ends the command, and everything that it started, with SIGTERM and after five seconds SIGKILL;\na second one at once. The sandbox is removed all the same.\n\n" + ExitCodes.Explanation,
        };
        SandboxOptions.AddTo(verb);
        verb.Options.Add(ProcessOptions.Timeout);
        verb.Options.Add(ProcessOptions.Terminal);
        verb.Options.Add(CommonOptions.Quiet);
        verb.Options.Add(CommonOptions.Json);
        return verb;
    }

    private static async Task<int> HandleAsync(Invocation invocation)
    {
        SandboxSpecification specification = SandboxOptions.Bind(invocation.Parsed);
        CommandSpecification command = ProcessOptions.BindForRun(invocation);
        bool terminal = ProcessOptions.WantsTerminal(invocation);
        await using var manager = new SandboxManager();
        Sandbox sandbox = await CreateVerb.CreateSandboxAsync(manager.CreateThrowAwayAsync, specification, invocation);
        try
        {
            return await CommandRunner.RunAsync(manager, sandbox.Id, command, terminal, invocation);
        }
        finally
        {
            // Not cancellable: the promise is that nothing is left, whatever signals still come.
            await manager.RemoveAsync(sandbox.Id, CancellationToken.None);
        }
    }
}
