using AgentSandbox.Protocol;

namespace AgentSandbox.Host.CommandLine.Streams;

/// <summary>Runs one command with this process's standard streams as its own.</summary>
internal static class CommandSession
{
    private const int SigTerm = 15;
    private const int SigKill = 9;

    /// <summary>Runs it to its end.</summary>
    /// <param name="manager">Knows the sandbox.</param>
    /// <param name="id">The sandbox.</param>
    /// <param name="specification">The command.</param>
    /// <param name="signals">The first signal ends the command and everything that it started, the second at once.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="SandboxException">It could not be run, or its connection broke.</exception>
    /// <exception cref="OutputClosedException">Who read its output has gone; the command was ended.</exception>
    public static async Task<CommandExit> RunAsync(SandboxManager manager, string id, CommandSpecification specification, TerminationSignals signals)
    {
        bool input = RawDescriptor.InputCanBeRead();
        SandboxCommand command;
        try
        {
            command = await manager.StartCommandAsync(id, specification with { StandardInput = input }, signals.Token);
        }
        catch (OperationCanceledException) when (signals.First != 0)
        {
            throw new InterruptedException(signals.First);
        }

        await using (command)
        {
            var output = new OutputPump(command.StandardOutput, RawDescriptor.StandardOutput, () => Stop(command));
            var error = new OutputPump(command.StandardError, RawDescriptor.StandardError, () => Stop(command));
            if (input)
            {
                InputPump.Start(command.StandardInput);
            }

            using CancellationTokenRegistration first = signals.Token.Register(() => Stop(command));
            using CancellationTokenRegistration second = signals.Impatient.Register(() => Forget(command.SignalAsync(SigKill, SignalScope.All)));
            CommandExit exit = await command.Completion;
            await Task.WhenAll(output.Completion, error.Completion);
            return exit;
        }
    }

    /// <summary>The exit code that stands for how a command ended.</summary>
    /// <param name="exit">How it ended.</param>
    /// <param name="signals">A signal of ours that ended it shows as itself: Ctrl+C is 130, although the command got SIGTERM.</param>
    /// <returns>The exit code.</returns>
    public static int ExitCode(CommandExit exit, TerminationSignals signals)
    {
        if (exit.TimedOut)
        {
            return ExitCodes.TimedOut;
        }

        return signals.First != 0 && exit.Signal is SigTerm or SigKill ? ExitCodes.SignalBase + signals.First : exit.ExitCode;
    }

    private static void Stop(SandboxCommand command) => Forget(command.StopAsync());

    // Whether the request arrived shows in Completion, which is what everybody waits for; a failure of its own adds nothing.
    private static void Forget(Task task) => _ = task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
