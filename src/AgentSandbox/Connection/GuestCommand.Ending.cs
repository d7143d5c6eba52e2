using System.Diagnostics;
using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>How the host ends a command: signals, the time-out, stopping, disposing. Every wait here has a deadline that the guest can't move.</summary>
internal sealed partial class GuestCommand
{
    private const int TimedOutExitCode = 124;
    private const int SigHup = 1;
    private const int SigTerm = 15;
    private const int SigKill = 9;

    /// <summary>Task.Delay takes 49 days at most; a longer time-out is waited for in parts.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(1);

    private Task? _terminating;
    private bool _timedOut;
    private bool _disposed;
    private volatile bool _isAbandoned;

    /// <summary>Nobody waits for this command any more; its channel is only kept until the guest's EXIT.</summary>
    public bool IsAbandoned => _isAbandoned;

    /// <inheritdoc/>
    public override Task SignalAsync(int signal, SignalScope scope, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(signal, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(signal, 64);
        cancellationToken.ThrowIfCancellationRequested();

        // A command that has ended has nothing left to be signalled, as with kill(2) and a process that was just reaped.
        if (!HasEnded() && !_connection.SendSignal(_channel, signal, scope) && !HasEnded())
        {
            throw GuestErrors.Disconnected("it was closed.");
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task ResizeAsync(TerminalSize size, CancellationToken cancellationToken = default)
    {
        if (_specification.Terminal is null)
        {
            return base.ResizeAsync(size, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (!HasEnded() && !_connection.SendResize(_channel, size) && !HasEnded())
        {
            throw GuestErrors.Disconnected("it was closed.");
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task StopAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return TerminateAsync().WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        Abandon();
        await EndsWithinAsync(_options.KillGrace);
    }

    /// <summary>Asks the guest to end the command, without waiting for it; what it still says about it is tolerated until its EXIT.</summary>
    public void Abandon()
    {
        _isAbandoned = true;
        if (HasEnded())
        {
            Discard();
            _connection.CloseIfUseless();
            return;
        }

        _connection.SendClose(_channel);
        Discard();
        _ = GiveUpLaterAsync();
    }

    private bool HasEnded()
    {
        lock (_gate)
        {
            return _hasEnded;
        }
    }

    private void Discard()
    {
        _input?.Break(null);
        _output.Dispose();
        _error.Dispose();
    }

    private async Task GiveUpLaterAsync()
    {
        if (!await EndsWithinAsync(_options.KillGrace + _options.GiveUpGrace))
        {
            GiveUp();
        }
    }

    private async Task EnforceTimeoutAsync(TimeSpan timeout)
    {
        while (true)
        {
            TimeSpan left = timeout - Stopwatch.GetElapsedTime(_started);
            if (left <= TimeSpan.Zero)
            {
                break;
            }

            // A timer may fire a moment early; the loop then waits for the rest.
            if (await EndsWithinAsync(left < s_longestWait ? left : s_longestWait))
            {
                return;
            }
        }

        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _timedOut = true;
        }

        await TerminateAsync();
    }

    private Task TerminateAsync()
    {
        lock (_gate)
        {
            return _terminating ??= _hasEnded ? Task.CompletedTask : Task.Run(TerminateCoreAsync);
        }
    }

    private async Task TerminateCoreAsync()
    {
        if (_specification.Terminal is not null)
        {
            // What ends an interactive shell, which ignores SIGTERM, and what it passes on to its jobs.
            _connection.SendSignal(_channel, SigHup, SignalScope.All);
            if (await EndsWithinAsync(_options.StallGrace))
            {
                return;
            }
        }

        // A signal that can't be sent means that the connection has ended, and with it the command.
        _connection.SendSignal(_channel, SigTerm, SignalScope.All);
        long? output = _output.BlockedAt;
        long? error = _error.BlockedAt;
        TimeSpan stallGrace = _options.StallGrace < _options.KillGrace ? _options.StallGrace : _options.KillGrace;
        if (await EndsWithinAsync(stallGrace))
        {
            return;
        }

        // The command may be dead already and only its output, which nobody reads, hold up its EXIT. Who still reads loses nothing.
        FreeCreditIfStalled(_output, output);
        FreeCreditIfStalled(_error, error);
        if (await EndsWithinAsync(_options.KillGrace - stallGrace))
        {
            return;
        }

        _connection.SendSignal(_channel, SigKill, SignalScope.All);
        _output.FreeCredit();
        _error.FreeCredit();
        if (!await EndsWithinAsync(_options.GiveUpGrace))
        {
            GiveUp();
        }
    }

    private static void FreeCreditIfStalled(GuestReadStream stream, long? blockedBefore)
    {
        if (blockedBefore is not null && stream.BlockedAt == blockedBefore)
        {
            stream.FreeCredit();
        }
    }

    /// <summary>The guest did not end the command. It is not believed to be able to run others, so the connection takes no more.</summary>
    private void GiveUp()
    {
        _isAbandoned = true;
        Fail(GuestErrors.NotResponding("it did not end a command that was to be killed."));
        _connection.Retire();
    }

    private async Task<bool> EndsWithinAsync(TimeSpan time)
    {
        try
        {
            await _ended.Task.WaitAsync(time);
            return true;
        }
        catch (TimeoutException)
        {
            return _ended.Task.IsCompleted;
        }
    }
}
