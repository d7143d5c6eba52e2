using AgentSandbox.Protocol;

namespace AgentSandbox;

/// <summary>
/// A command that runs in a sandbox. Its streams are flow-controlled: what is not read holds the command up, never memory.
/// Disposing it before it has ended ends it, with everything that it started.
/// </summary>
public abstract class SandboxCommand : IAsyncDisposable
{
    /// <summary>What the command reads. Disposing it sends end-of-file. <see cref="Stream.Null"/> unless asked for.</summary>
    public abstract Stream StandardInput { get; }

    /// <summary>What the command writes on standard output.</summary>
    public abstract Stream StandardOutput { get; }

    /// <summary>What the command writes on standard error.</summary>
    public abstract Stream StandardError { get; }

    /// <summary>
    /// Completes when the command has ended and all its output has been received; it need not have been read yet.
    /// Fails with a <see cref="SandboxException"/> when the connection breaks or the guest breaks the protocol.
    /// </summary>
    public abstract Task<CommandExit> Completion { get; }

    /// <summary>Sends a signal.</summary>
    /// <param name="signal">Number, signal(7).</param>
    /// <param name="scope">Whom it reaches.</param>
    /// <param name="cancellationToken">Cancels the sending.</param>
    /// <returns>A task that completes when the signal is on its way.</returns>
    public abstract Task SignalAsync(int signal, SignalScope scope, CancellationToken cancellationToken = default);

    /// <summary>Tells a command with a terminal that its size has changed.</summary>
    /// <param name="size">The new size.</param>
    /// <param name="cancellationToken">Cancels the sending.</param>
    /// <returns>A task that completes when the news is on its way.</returns>
    /// <exception cref="InvalidOperationException">The command was not started with <see cref="CommandSpecification.Terminal"/>.</exception>
    public virtual Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default) => throw new InvalidOperationException("The command has no terminal.");

    /// <summary>Ends the command and everything that it started: SIGTERM, five seconds, SIGKILL. The answer is in <see cref="Completion"/>.</summary>
    /// <param name="cancellationToken">Cancels the sending.</param>
    /// <returns>A task that completes when the command has ended or the guest has failed to end it.</returns>
    public abstract Task StopAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends the command if it still runs, and gives the channel back.</summary>
    /// <returns>A task that completes when that is done.</returns>
    public abstract ValueTask DisposeAsync();
}
