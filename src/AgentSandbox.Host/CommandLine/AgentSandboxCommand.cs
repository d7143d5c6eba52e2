using System.CommandLine;
using AgentSandbox.Host.CommandLine.Output;

namespace AgentSandbox.Host.CommandLine;

/// <summary>The command line <c>agentsandbox</c>: reads the arguments, runs the verb, turns what went wrong into a message and an exit code.</summary>
internal static class AgentSandboxCommand
{
    private const string CommandSeparator = "--";

    /// <summary>Runs one invocation.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <returns>The process's exit code, see <see cref="ExitCodes"/>.</returns>
    public static int Run(string[] args)
    {
        bool json = AsksForJson(args);
        try
        {
            return Dispatch(args);
        }
        catch (OutputClosedException)
        {
            return ExitCodes.BrokenPipe;
        }
        catch (Exception exception)
        {
            // The one place where everything that went wrong becomes a message: a person at a prompt gets no stack trace.
            ErrorReport.Write(exception, json);
            return ExitCodes.For(exception);
        }
    }

    /// <summary>Reads the arguments.</summary>
    /// <param name="args">The arguments, without the program's name.</param>
    /// <returns>The parsed part and, for the verbs that run one, the command after <c>--</c>, untouched.</returns>
    internal static (ParseResult Parsed, IReadOnlyList<string>? Command) Parse(string[] args)
    {
        Verb root = CommandTree.Create();
        string[]? command = null;
        if (args.Length > 0 && root.Subcommands.OfType<Verb>().Any(v => v.RunsCommand && v.Name == args[0]))
        {
            // Split by hand, so that nothing in the command can ever be taken for an option of ours.
            int at = Array.IndexOf(args, CommandSeparator);
            if (at >= 0)
            {
                command = args[(at + 1)..];
                args = args[..at];
            }
        }

        // No response files: an argument that begins with '@' is just that.
        return (root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false }), command);
    }

    private static int Dispatch(string[] args)
    {
        (ParseResult parsed, IReadOnlyList<string>? command) = Parse(args);
        var verb = (Verb)parsed.CommandResult.Command;
        if (parsed.GetValue(CommandTree.Help))
        {
            HelpWriter.Write(verb);
            return 0;
        }

        if (parsed.GetResult(CommandTree.Version) is { Implicit: false })
        {
            Report.Line($"agentsandbox {ProductVersion.Text}");
            return 0;
        }

        if (parsed.Errors.Count > 0)
        {
            string hint = verb.RunsCommand && !verb.HasDefaultCommand && command is null ? $" The command to run comes after '{CommandSeparator}'." : "";
            throw new UsageException(string.Join(" ", parsed.Errors.Select(e => e.Message).Distinct()) + hint, verb);
        }

        if (verb.Handler is null)
        {
            throw new UsageException("A command is missing.", verb);
        }

        if (verb.RunsCommand && command is not { Count: > 0 } && !(verb.HasDefaultCommand && command is null))
        {
            throw new UsageException($"There is no command to run; it comes after '{CommandSeparator}'.", verb);
        }

        using var invocation = new Invocation(parsed, command ?? []);
        return verb.Handler(invocation).GetAwaiter().GetResult();
    }

    // Also when the arguments can't be parsed, a caller that asked for JSON gets the error as JSON.
    private static bool AsksForJson(string[] args) => args.TakeWhile(a => a != CommandSeparator).Contains("--json");
}
