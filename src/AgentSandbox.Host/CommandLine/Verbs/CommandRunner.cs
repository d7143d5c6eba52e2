using AgentSandbox.Host.CommandLine.Output;
using AgentSandbox.Host.CommandLine.Streams;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary>Runs the command of <c>run</c> and <c>exec</c>: with our streams as its own or, for <c>--json</c>, as one object with what it wrote.</summary>
internal static class CommandRunner
{
    /// <summary>Runs it.</summary>
    /// <param name="manager">Knows the sandbox.</param>
    /// <param name="id">The sandbox.</param>
    /// <param name="command">The command.</param>
    /// <param name="terminal">With our terminal in place of the three streams.</param>
    /// <param name="invocation">What the user asked for.</param>
    /// <returns>The exit code that stands for how it ended.</returns>
    public static async Task<int> RunAsync(SandboxManager manager, string id, CommandSpecification command, bool terminal, Invocation invocation)
    {
        CommandExit exit;
        if (invocation.Json)
        {
            CommandResult result = await CaptureAsync(manager, id, command, invocation.Signals);
            Report.Json(result, ReportJson.Readable.CommandResult);
            exit = result;
        }
        else
        {
            exit = await (terminal ? TerminalSession.RunAsync(manager, id, command, invocation.Signals) : CommandSession.RunAsync(manager, id, command, invocation.Signals));
            Explain(exit, command);
        }

        return CommandSession.ExitCode(exit, invocation.Signals);
    }

    private static async Task<CommandResult> CaptureAsync(SandboxManager manager, string id, CommandSpecification command, TerminationSignals signals)
    {
        bool input = RawDescriptor.InputCanBeRead();
        using var standardInput = new StandardInputStream();
        try
        {
            return await manager.RunAsync(id, command with { StandardInput = input }, input ? standardInput : null, signals.Token);
        }
        catch (OperationCanceledException) when (signals.First != 0)
        {
            throw new InterruptedException(signals.First);
        }
    }

    // What the exit code alone can't say goes to standard error, after all that the command wrote there.
    private static void Explain(CommandExit exit, CommandSpecification command)
    {
        if (exit.TimedOut)
        {
            Report.Notice(ErrorReport.Format(new ErrorObject
            {
                ErrorId = SandboxErrorId.CommandTimedOut,
                Message = $"The command ran longer than {HumanText.Span(command.Timeout ?? exit.Duration)} and was ended.",
                RecommendedAction = "Give it more time with --timeout, or none.",
            }));
        }

        if (exit.Truncated)
        {
            Report.Warnings(["output is missing: a process that the command left behind kept writing after its end."]);
        }
    }
}
