using AgentSandbox.Protocol;

namespace AgentSandbox.Host.CommandLine.Streams;

/// <summary>Runs one command with this process's standard streams as its own.</summary>
internal static class CommandSession
{
    private const int SigHup = 1; // What ends a command with a terminal.
    private const int SigTerm = 15;
    private const int SigKill = 9;

    /// <summary>
    /// Three threads of the pool can be blocked in read(2) and write(2) of the standard streams; the connection must find others at once. The
    /// pool's own minimum is one for each CPU, and it adds to that only twice a second.
    /// </summary>
    internal const int MinThreads = 8;

    private static readonly TimeSpan s_drainAfterSignal = TimeSpan.FromSeconds(1);

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
        ThreadPool.SetMinThreads(Math.Max(MinThreads, Environment.ProcessorCount), MinThreads);
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
            Task output = Task.Run(() => OutputPump.CopyAsync(command.StandardOutput, RawDescriptor.StandardOutput, () => Stop(command)));
            Task error = Task.Run(() => OutputPump.CopyAsync(command.StandardError, RawDescriptor.StandardError, () => Stop(command)));
            if (input)
            {
                InputPump.Start(command.StandardInput);
            }

            using CancellationTokenRegistration first = signals.Token.Register(() => Stop(command));
            using CancellationTokenRegistration second = signals.Impatient.Register(() => Forget(command.SignalAsync(SigKill, SignalScope.All)));
            CommandExit exit = await command.Completion;
            await DrainAsync(Task.WhenAll(output, error), signals);
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

        return signals.First != 0 && exit.Signal is SigHup or SigTerm or SigKill ? ExitCodes.SignalBase + signals.First : exit.ExitCode;
    }

    /// <summary>Waits until all that the command wrote is written; after a signal only for a moment, because the reader may be what hangs.</summary>
    private static async Task DrainAsync(Task pumps, TerminationSignals signals)
    {
        try
        {
            await pumps.WaitAsync(signals.Token);
        }
        catch (OperationCanceledException) when (signals.First != 0)
        {
            if (await Task.WhenAny(pumps, Task.Delay(s_drainAfterSignal)) == pumps)
            {
                await pumps;
            }
        }
    }

    private static void Stop(SandboxCommand command) => Forget(command.StopAsync());

    // Whether the request arrived shows in Completion, which is what everybody waits for; a failure of its own adds nothing.
    private static void Forget(Task task) => _ = task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
}
