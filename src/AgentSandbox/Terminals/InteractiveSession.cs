namespace AgentSandbox.Terminals;

/// <summary>
/// Connects the terminal of this process with a command in a sandbox, until one of them ends. The terminal is put back in order in every case; see
/// <see cref="LocalTerminal"/> for its settings and <see cref="TerminalFilter"/> for what a sandbox may write on it.
/// </summary>
public static class InteractiveSession
{
    private static readonly TimeSpan s_drainAfterStop = TimeSpan.FromSeconds(1);

    /// <summary>Fails where there is no terminal, before anything is made for the session.</summary>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.TerminalRequired"/>.</exception>
    public static void ThrowIfNoTerminal() => LocalTerminal.Open().Dispose();

    /// <summary>
    /// Runs a command on this process's terminal. Everything typed goes to it; three times Ctrl+] within a second ends it, as systemd-nspawn has it, should
    /// it not answer. Of this process's variables it gets TERM and COLORTERM, which describe the terminal, unless it has its own.
    /// </summary>
    /// <param name="manager">Knows the sandbox.</param>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="command">The command; <see cref="CommandSpecification.Terminal"/> is set here.</param>
    /// <param name="cancellationToken">Ends the command and everything that it started.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="SandboxException">There is no terminal, the command could not be started, or the sandbox ended under it.</exception>
    /// <exception cref="OperationCanceledException">Cancelled before the command had started.</exception>
    public static async Task<CommandExit> RunAsync(SandboxManager manager, string id, CommandSpecification command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manager);
        ArgumentNullException.ThrowIfNull(command);
        using LocalTerminal terminal = LocalTerminal.Open();
        TerminalSize size = LocalTerminal.Size;
        CommandSpecification complete = command with { Terminal = size, StandardInput = true, Environment = WithTerminalType(command.Environment) };
        SandboxCommand running = await manager.StartCommandAsync(id, complete, cancellationToken).ConfigureAwait(false);
        await using (running.ConfigureAwait(false))
        {
            return await AttachAsync(terminal, size, running, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<CommandExit> AttachAsync(LocalTerminal terminal, TerminalSize size, SandboxCommand running, CancellationToken cancellationToken)
    {
        var filter = new TerminalFilter();
        var answers = new AnswerCounter();
        var resizer = new Resizer(running, size);
        terminal.EnterRaw(resizer.Update);
        var keyboard = new KeyboardPump(running, answers);
        try
        {
            resizer.Update(); // It may have changed while the command was started.
            using CancellationTokenRegistration stop = cancellationToken.Register(() => Background.Forget(running.StopAsync(CancellationToken.None)));
            Task screen = Task.Run(() => ShowAsync(running, filter), CancellationToken.None);
            try
            {
                return await running.Completion.ConfigureAwait(false);
            }
            finally
            {
                await DrainAsync(screen, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            keyboard.Dispose();
            terminal.StayRaw(); // Or the answer would be echoed.
            TerminalFence.Restore(filter, answers);
            terminal.Dispose();
        }
    }

    private static async Task ShowAsync(SandboxCommand running, TerminalFilter filter)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(64 * 1024);
        bool isGone = false;
        try
        {
            for (int count; (count = await running.StandardOutput.ReadAsync(buffer).ConfigureAwait(false)) > 0;)
            {
                if (isGone)
                {
                    continue; // What is not read would keep the command from ending.
                }

                try
                {
                    LocalTerminal.Write(filter.Filter(buffer.AsSpan(0, count)));
                }
                catch (IOException)
                {
                    // The terminal was closed: for the command, a hang-up.
                    isGone = true;
                    Background.Forget(running.StopAsync(CancellationToken.None));
                }
            }
        }
        catch (Exception e) when (e is SandboxException or ObjectDisposedException)
        {
            // The connection broke, which Completion tells.
        }
    }

    /// <summary>Waits until all that the command wrote is on the screen; when it was ended from here only for a moment, because the terminal may be what hangs.</summary>
    private static async Task DrainAsync(Task screen, CancellationToken cancellationToken)
    {
        try
        {
            await screen.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _ = await Task.WhenAny(screen, Task.Delay(s_drainAfterStop, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private static Dictionary<string, string> WithTerminalType(IReadOnlyDictionary<string, string> variables)
    {
        Dictionary<string, string> result = new(variables, StringComparer.Ordinal);
        foreach (string name in (string[])["TERM", "COLORTERM"])
        {
            string value = Environment.GetEnvironmentVariable(name) ?? "";
            if (value.Length is > 0 and <= 64 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '+' or '.' or '_'))
            {
                result.TryAdd(name, value);
            }
        }

        return result;
    }
}
