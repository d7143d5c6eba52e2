using System.Buffers;
using System.Diagnostics;
using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>Starting commands.</summary>
internal sealed partial class GuestConnection
{
    /// <summary>Starts a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Cancels the start: the guest is told to end the command if it has begun.</param>
    /// <returns>The running command.</returns>
    /// <exception cref="SandboxException">It could not be started; the id says why.</exception>
    public async Task<SandboxCommand> StartAsync(CommandSpecification command, CancellationToken cancellationToken)
    {
        if (TryReserve())
        {
            return await StartReservedAsync(command, cancellationToken);
        }

        ThrowIfFailed();
        throw new SandboxException(
            SandboxErrorId.ResourceExhausted,
            $"{ProtocolLimits.MaxChannels} commands run on this connection already, or it takes no more.",
            "Wait for one of them, or open another connection.");
    }

    /// <summary>Keeps a channel free for <see cref="StartReservedAsync"/>.</summary>
    /// <returns>False when there is none or the connection takes no more commands.</returns>
    public bool TryReserve()
    {
        lock (_gate)
        {
            if (_failure is not null || _retired || _channels.Count + _reserved >= ProtocolLimits.MaxChannels || _lastChannel > uint.MaxValue - ProtocolLimits.MaxChannels)
            {
                return false;
            }

            _reserved++;
            return true;
        }
    }

    /// <summary>Gives a reserved channel back unused.</summary>
    public void Unreserve()
    {
        lock (_gate)
        {
            _reserved--;
        }

        CloseIfUseless();
        CapacityChanged?.Invoke();
    }

    /// <summary>Starts a command on a channel that <see cref="TryReserve"/> kept free.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public async Task<SandboxCommand> StartReservedAsync(CommandSpecification command, CancellationToken cancellationToken)
    {
        long started = Stopwatch.GetTimestamp();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_options.OpenTimeout);
        GuestCommand? guestCommand = null;
        try
        {
            guestCommand = await SendOpenAsync(command, started, deadline.Token);
            await guestCommand.Opened.WaitAsync(deadline.Token);
            return guestCommand;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            guestCommand?.Abandon();
            Retire();
            throw GuestErrors.NotResponding($"it did not start a command within {_options.OpenTimeout.TotalSeconds:0.#} s.");
        }
        catch (OperationCanceledException)
        {
            guestCommand?.Abandon();
            throw;
        }
    }

    private async Task<GuestCommand> SendOpenAsync(CommandSpecification command, long started, CancellationToken cancellationToken)
    {
        bool isReserved = true;
        try
        {
            OpenRequest.Check(command);
            if (command.Terminal is not null && !HasTerminals)
            {
                throw GuestErrors.NoTerminals(); // An older guest would run the command without one, and without a word.
            }


            // In one's turn, so that the guest sees channel numbers in their order.
            await _writer.EnterBulkAsync(cancellationToken);
            try
            {
                uint channel = _lastChannel + 1; // Only written below, in one's turn.
                var frames = new ArrayBufferWriter<byte>();
                OpenRequest.Write(frames, channel, command);
                var guestCommand = new GuestCommand(this, _writer, _options, channel, command, started);
                lock (_gate)
                {
                    ThrowIfFailed();
                    _lastChannel = channel;
                    _reserved--;
                    isReserved = false;
                    _channels.Add(channel, guestCommand);
                }

                // On an ended connection the command has failed or is about to; who waits for it learns why.
                _writer.TryWriteFrames(frames.WrittenSpan);
                return guestCommand;
            }
            finally
            {
                _writer.LeaveBulk();
            }
        }
        finally
        {
            if (isReserved)
            {
                Unreserve();
            }
        }
    }
}
