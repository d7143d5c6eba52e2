using System.CommandLine;
using AgentSandbox.Host.CommandLine.Options;
using AgentSandbox.Host.CommandLine.Streams;
using AgentSandbox.Terminals;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>shell</c>: an interactive shell in a running sandbox.</summary>
internal static class ShellVerb
{
    private static readonly Argument<string> s_name = CommonOptions.Name();

    /// <summary>Makes the verb.</summary>
    /// <returns>The verb.</returns>
    public static Verb Create()
    {
        var verb = new Verb("shell", "Enter a running sandbox: an interactive shell on this terminal.")
        {
            Usage = "agentsandbox shell [options] NAME [-- SHELL [ARGUMENT...]]",
            RunsCommand = true,
            HasDefaultCommand = true,
            Handler = HandleAsync,
            Examples =
            [
                ("The user's login shell", "agentsandbox shell box"),
                ("As another user, in a folder", "agentsandbox shell --user nobody --working-directory /tmp box"),
                ("Another shell or any other program", "agentsandbox shell box -- bash --norc"),
            ],
            Notes = "Without a command it is the user's login shell as the sandbox's /etc/passwd names it, else /bin/bash, else /bin/sh.\nEvery key goes to the sandbox, Ctrl+C and Ctrl+Z too. Leave it with exit or Ctrl+D, or, if it does not answer, with Ctrl+]\nthree times within a second. The exit code is the shell's.\n\n" + ExitCodes.Explanation,
        };
        verb.Arguments.Add(s_name);
        foreach (Option option in (Option[])[ProcessOptions.Environment, CommonOptions.User, ProcessOptions.WorkingDirectory])
        {
            verb.Options.Add(option);
        }

        return verb;
    }

    private static async Task<int> HandleAsync(Invocation invocation)
    {
        InteractiveSession.ThrowIfNoTerminal();
        CommandSpecification command = ProcessOptions.BindForShell(invocation);
        await using var manager = new SandboxManager();
        Sandbox sandbox = manager.Get(invocation.Value(s_name)!);
        CommandExit exit = await TerminalSession.RunAsync(manager, sandbox.Id, command, invocation.Signals);
        return CommandSession.ExitCode(exit, invocation.Signals);
    }
}
