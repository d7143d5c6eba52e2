using System.CommandLine;
using AgentSandbox.Host.CommandLine.Options;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>exec</c>: a command in a running sandbox.</summary>
internal static class ExecVerb
{
    private static readonly Argument<string> s_name = CommonOptions.Name();

    /// <summary>Makes the verb.</summary>
    /// <returns>The verb.</returns>
    public static Verb Create()
    {
        var verb = new Verb("exec", "Run a command in a running sandbox. Its streams and its exit code are this process's own.")
        {
            Usage = "agentsandbox exec [options] NAME -- COMMAND [ARGUMENT...]",
            RunsCommand = true,
            Handler = HandleAsync,
            Examples =
            [
                ("A shell line", "agentsandbox exec box -- sh -c 'ls /proc | head'"),
                ("As another user, with a variable and a time-out", "agentsandbox exec --user nobody --env MODE=fast --timeout 10 box -- env"),
                ("Bytes in, bytes out", "agentsandbox exec box -- gzip -9 < in.tar > out.tar.gz"),
                ("In a script's loop, keep the loop's input", "while read -r line; do agentsandbox exec box -- echo \"$line\" < /dev/null; done < list"),
            ],
            Notes = "Standard input is forwarded. Ctrl+C or SIGTERM ends the command, and everything that it started, with SIGTERM and\nafter five seconds SIGKILL; a second one at once.\n\n" + ExitCodes.Explanation,
        };
        verb.Arguments.Add(s_name);
        foreach (Option option in (Option[])[ProcessOptions.Environment, CommonOptions.User, ProcessOptions.WorkingDirectory, ProcessOptions.Timeout, ProcessOptions.Terminal, CommonOptions.Json])
        {
            verb.Options.Add(option);
        }

        return verb;
    }

    private static async Task<int> HandleAsync(Invocation invocation)
    {
        CommandSpecification command = ProcessOptions.Bind(invocation);
        bool terminal = ProcessOptions.WantsTerminal(invocation);
        await using var manager = new SandboxManager();
        Sandbox sandbox = manager.Get(invocation.Value(s_name)!);
        return await CommandRunner.RunAsync(manager, sandbox.Id, command, terminal, invocation);
    }
}
