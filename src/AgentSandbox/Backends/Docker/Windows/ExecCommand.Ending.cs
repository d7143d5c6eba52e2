using System.Diagnostics;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Protocol;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>How the host ends a command: time-out, stopping, disposing. Nothing inside has to agree: what <c>taskkill</c> does not end ends with its container.</summary>
internal sealed partial class ExecCommand
{
    private const int TimedOutExitCode = 124;
    private const int SigKill = 9;
    private const int KilledExitCode = 128 + SigKill;

    /// <summary>SIGHUP, SIGINT, SIGQUIT, SIGKILL and SIGTERM: all that Windows has is ending a process.</summary>
    private static readonly int[] s_endingSignals = [1, 2, 3, SigKill, 15];

    /// <summary>Task.Delay takes 49 days at most; a longer time-out is waited for in parts.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(1);

    /// <summary>A killed command whose output has not ended by now is held up by a reader that may have gone.</summary>
    private static readonly TimeSpan s_stallGrace = TimeSpan.FromSeconds(1);

    /// <summary>Time for the engine's records, after all in the container has ended.</summary>
    private static readonly TimeSpan s_giveUpGrace = TimeSpan.FromSeconds(10);

    private readonly ExecEnder _ender;
    private readonly object _gate = new();
    private Task? _terminating;
    private bool _isTimedOut;

    private bool IsKilled
    {
        get
        {
            lock (_gate)
            {
                return _terminating is not null;
            }
        }
    }

    private bool IsTimedOut
    {
        get
        {
            lock (_gate)
            {
                return _isTimedOut;
            }
        }
    }

    /// <inheritdoc/>
    public override Task SignalAsync(int signal, SignalScope scope, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(signal, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(signal, 64);
        cancellationToken.ThrowIfCancellationRequested();
        if (!s_endingSignals.Contains(signal))
        {
            throw new SandboxException(SandboxErrorId.NotEnforceable, $"Signal {signal} can't be sent: Windows has no signals, a command can only be ended.", "End the command, with SIGTERM or SIGKILL.");
        }

        _ = TerminateAsync(timedOut: false);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task StopAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return TerminateAsync(timedOut: false).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        // What it still writes is for nobody, and must not hold it up.
        _output.Dispose();
        _error.Dispose();
        await TerminateAsync(timedOut: false);
    }

    private async Task EnforceTimeoutAsync(TimeSpan timeout)
    {
        while (timeout - Stopwatch.GetElapsedTime(_started) is var left && left > TimeSpan.Zero)
        {
            // A timer may fire a moment early; the loop then waits for the rest.
            if (await EndsWithinAsync(left < s_longestWait ? left : s_longestWait))
            {
                return;
            }
        }

        await TerminateAsync(timedOut: true);
    }

    private Task TerminateAsync(bool timedOut)
    {
        lock (_gate)
        {
            if (_terminating is null && !_completion.Task.IsCompleted)
            {
                _isTimedOut = timedOut;
                _terminating = Task.Run(TerminateCoreAsync);
            }

            return _terminating ?? Task.CompletedTask;
        }
    }

    private async Task TerminateCoreAsync()
    {
        try
        {
            if (await _ender.TryEndTreeAsync(_process))
            {
                if (await EndsWithinAsync(s_stallGrace))
                {
                    return;
                }

                _output.Free();
                _error.Free();
                if (await EndsWithinAsync(ProtocolLimits.KillGrace))
                {
                    return;
                }
            }

            await _ender.StopContainerAsync(_process.ContainerId);
        }
        catch (SandboxException e)
        {
            Fail(e);
            return;
        }
        catch (DockerEngineException e)
        {
            Fail(EngineRefusal.Translate(e, "The command could not be ended:", null));
            return;
        }

        _output.Free();
        _error.Free();
        if (!await EndsWithinAsync(s_giveUpGrace))
        {
            // Nothing runs in the container any more, and the engine still does not say so.
            Finish(KilledExitCode, isCut: true);
        }
    }

    private async Task<bool> EndsWithinAsync(TimeSpan time)
    {
        await Task.WhenAny(_completion.Task, Task.Delay(time));
        return _completion.Task.IsCompleted;
    }
}
