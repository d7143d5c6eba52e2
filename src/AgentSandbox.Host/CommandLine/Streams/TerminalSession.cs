using AgentSandbox.Terminals;

namespace AgentSandbox.Host.CommandLine.Streams;

/// <summary>Runs one command with this process's terminal as its own: <c>shell</c>, <c>exec --tty</c>, <c>run --tty</c>.</summary>
internal static class TerminalSession
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="manager">Knows the sandbox.</param>
    /// <param name="id">The sandbox.</param>
    /// <param name="command">The command.</param>
    /// <param name="signals">The first signal ends the command and everything that it started. Ctrl+C is none: it goes to the command.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="SandboxException">It could not be run, or its connection broke.</exception>
    public static async Task<CommandExit> RunAsync(SandboxManager manager, string id, CommandSpecification command, TerminationSignals signals)
    {
        ThreadPool.SetMinThreads(Math.Max(CommandSession.MinThreads, Environment.ProcessorCount), CommandSession.MinThreads); // One is blocked in write(2) of the terminal.
        try
        {
            return await InteractiveSession.RunAsync(manager, id, command, signals.Token);
        }
        catch (OperationCanceledException) when (signals.First != 0)
        {
            throw new InterruptedException(signals.First);
        }
    }
}
