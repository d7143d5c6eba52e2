using System.CommandLine;
using AgentSandbox.Terminals;

namespace AgentSandbox.Host.CommandLine.Options;

/// <summary>The options of a command in a sandbox: the parameters of <c>Invoke-InSandbox</c> in kebab-case.</summary>
internal static class ProcessOptions
{
    /// <summary>Variables.</summary>
    public static readonly Option<string[]> Environment = CommonOptions.Repeated("--env", "KEY=VALUE", "Set a variable of every command. Repeatable. Nothing of this process's environment is passed on.");

    /// <summary>Folder to start in.</summary>
    public static readonly Option<string?> WorkingDirectory = CommonOptions.Text("--working-directory", "DIR", "Folder inside to start in; the user's home when left out.");

    /// <summary>How long the command may run.</summary>
    public static readonly Option<string?> Timeout = CommonOptions.Text("--timeout", "TIME", "End the command, and all that it started, after this long: seconds, or 500ms, 10s, 2m, 1h. Exit code 124.");

    /// <summary>A terminal for the command.</summary>
    public static readonly Option<bool> Terminal = new("--tty", "-t", "-it") { Description = "Give the command a terminal, this one: for shells, editors and other programs that a person works with." };

    /// <summary>Makes a command of <c>exec</c>'s options.</summary>
    /// <param name="invocation">The arguments.</param>
    /// <returns>The command.</returns>
    /// <exception cref="SandboxException">Values can't be read.</exception>
    public static CommandSpecification Bind(Invocation invocation)
    {
        var values = new ValueReader();
        CommandSpecification command = BindTimeout(invocation, values) with
        {
            Environment = values.Environment("--env", invocation.Value(Environment) ?? []),
            WorkingDirectory = invocation.Value(WorkingDirectory),
            User = invocation.Value(CommonOptions.User),
        };
        values.ThrowIfAny();
        return command;
    }

    /// <summary>Makes a command of <c>shell</c>'s options.</summary>
    /// <param name="invocation">The arguments.</param>
    /// <returns>The command; the login shell when none was given.</returns>
    /// <exception cref="SandboxException">Values can't be read.</exception>
    public static CommandSpecification BindForShell(Invocation invocation)
    {
        var values = new ValueReader();
        CommandSpecification command = (invocation.Command.Count == 0 ? CommandSpecification.LoginShell(TerminalSize.Default) : new() { Arguments = invocation.Command }) with
        {
            Environment = values.Environment("--env", invocation.Value(Environment) ?? []),
            WorkingDirectory = invocation.Value(WorkingDirectory),
            User = invocation.Value(CommonOptions.User),
        };
        values.ThrowIfAny();
        return command;
    }

    /// <summary>Whether the command gets this terminal.</summary>
    /// <param name="invocation">The arguments.</param>
    /// <returns>True for <c>--tty</c>.</returns>
    /// <exception cref="UsageException">It was asked for together with <c>--json</c>.</exception>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.TerminalRequired"/>: there is none.</exception>
    public static bool WantsTerminal(Invocation invocation)
    {
        if (!invocation.Value(Terminal))
        {
            return false;
        }

        if (invocation.Json)
        {
            throw new UsageException("--tty and --json can't go together: what is written on a terminal is for somebody who reads it there.", "Leave one of them out.");
        }

        InteractiveSession.ThrowIfNoTerminal();
        return true;
    }

    /// <summary>Makes a command of <c>run</c>'s options: all but the time-out belong to its sandbox.</summary>
    /// <param name="invocation">The arguments.</param>
    /// <returns>The command.</returns>
    /// <exception cref="SandboxException">Values can't be read.</exception>
    public static CommandSpecification BindForRun(Invocation invocation)
    {
        var values = new ValueReader();
        CommandSpecification command = BindTimeout(invocation, values);
        values.ThrowIfAny();
        return command;
    }

    private static CommandSpecification BindTimeout(Invocation invocation, ValueReader values) => new()
    {
        Arguments = invocation.Command,
        Timeout = values.Duration("--timeout", invocation.Value(Timeout)),
    };
}
