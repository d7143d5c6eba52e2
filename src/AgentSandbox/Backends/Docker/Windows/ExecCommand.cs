using System.Diagnostics;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Connection;
using AgentSandbox.Protocol;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>
/// A command as an exec of the engine, with no guest program in between: the engine's frames are its output, the engine's record its exit code.
/// This file follows it to its end; <c>ExecCommand.Ending.cs</c> is what the host does to end it.
/// </summary>
internal sealed partial class ExecCommand : SandboxCommand
{
    private const int BufferSize = 32 * 1024;

    /// <summary>Time between two looks while output may still come: only a process left behind, which holds the output open, makes one necessary.</summary>
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly ExecProcess _process;
    private readonly long _started;
    private readonly TimeSpan? _timeout;
    private readonly BoundedPipe _output = new();
    private readonly BoundedPipe _error = new();
    private readonly ExecInput? _input;
    private readonly TaskCompletionSource<CommandExit> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Follows a process that has been started.</summary>
    /// <param name="process">The process; its streams are disposed of with the command.</param>
    /// <param name="ender">Ends it when it is to end.</param>
    /// <param name="command">What was asked for.</param>
    /// <param name="started">When, as <see cref="Stopwatch.GetTimestamp"/> has it.</param>
    public ExecCommand(ExecProcess process, ExecEnder ender, CommandSpecification command, long started)
    {
        (_process, _ender, _started, _timeout) = (process, ender, started, command.Timeout);
        _input = command.StandardInput ? new ExecInput(process.Streams) : null;
        _ = RunAsync();
        if (_timeout is { } timeout)
        {
            _ = EnforceTimeoutAsync(timeout);
        }
    }

    /// <inheritdoc/>
    public override Stream StandardInput => _input ?? Stream.Null;

    /// <inheritdoc/>
    public override Stream StandardOutput => _output;

    /// <inheritdoc/>
    public override Stream StandardError => _error;

    /// <inheritdoc/>
    public override Task<CommandExit> Completion => _completion.Task;

    private async Task RunAsync()
    {
        try
        {
            if (_input is null)
            {
                await _process.Streams.CloseWriteAsync(CancellationToken.None);
            }

            Task pump = PumpAsync();
            bool isCut = await WaitForEndAsync(pump);
            if (!isCut)
            {
                await pump;
            }

            ExecInspect exec = await _process.WaitAsync(CancellationToken.None);
            await ThrowIfSandboxEndedAsync(exec);
            Finish(exec.ExitCode ?? 0, isCut);
        }
        catch (Exception e)
        {
            // The container may have been stopped, and even deleted, to end the command: that it has ended is then what counts.
            if (IsKilled && await HasCertainlyEndedAsync())
            {
                Finish(KilledExitCode, isCut: true);
                return;
            }

            Fail(e as SandboxException ?? new SandboxException(SandboxErrorId.GuestDisconnected, $"The connection to the command broke: {e.Message}", "See with Get-AgentSandbox whether the sandbox still runs; the engine may have been restarted.", innerException: e));
        }
    }

    private async Task<bool> HasCertainlyEndedAsync()
    {
        try
        {
            return (await _process.Engine.InspectContainerAsync(_process.ContainerId, CancellationToken.None))?.State?.Running != true || !await _process.IsRunningAsync();
        }
        catch (Exception e) when (e is SandboxException or DockerEngineException)
        {
            return false; // Nobody can say, so it is not said.
        }
    }

    private async Task PumpAsync()
    {
        byte[] buffer = new byte[BufferSize];
        while (true)
        {
            (StandardStream stream, int count) = await _process.Streams.ReadAsync(buffer, CancellationToken.None);
            if (count == 0)
            {
                return;
            }

            await (stream == StandardStream.Error ? _error : _output).AddAsync(buffer.AsMemory(0, count));
        }
    }

    /// <summary>Waits until the output has ended, or the process has and what it left behind does not let its output end.</summary>
    /// <returns>True when output may be missing.</returns>
    private async Task<bool> WaitForEndAsync(Task pump)
    {
        while (await Task.WhenAny(pump, Task.Delay(s_look)) != pump)
        {
            if (await _process.IsRunningAsync())
            {
                continue;
            }

            // Time in which the reader holds up the output does not count.
            for (long idle = 0; idle < ProtocolLimits.DrainTotal.TotalMilliseconds;)
            {
                long before = Environment.TickCount64;
                if (await Task.WhenAny(pump, Task.Delay(ProtocolLimits.DrainIdle)) == pump)
                {
                    return false;
                }

                idle += _output.IsBlocked || _error.IsBlocked ? 0 : Environment.TickCount64 - before;
            }

            // Its streams are closed under it; that is no unobserved exception.
            _ = pump.ContinueWith(static p => p.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return true;
        }

        return false;
    }

    /// <summary>An exit code that only says that its container was stopped under it is not the command's.</summary>
    private async Task ThrowIfSandboxEndedAsync(ExecInspect exec)
    {
        if (exec.ExitCode != 0 && !IsKilled && (await _process.Engine.InspectContainerAsync(_process.ContainerId, CancellationToken.None))?.State?.Running != true)
        {
            throw new SandboxException(SandboxErrorId.GuestDisconnected, "The sandbox was stopped or removed while the command ran.", "See with Get-AgentSandbox whether the sandbox still runs.");
        }
    }

    private void Finish(long exitCode, bool isCut)
    {
        bool isKilled = IsKilled, isTimedOut = IsTimedOut;
        _input?.Break();
        _output.End(null);
        _error.End(null);
        _process.Streams.Dispose();
        _completion.TrySetResult(new CommandExit
        {
            ExitCode = isTimedOut ? TimedOutExitCode : isKilled ? KilledExitCode : unchecked((int)exitCode),
            Signal = isKilled ? SigKill : null,
            TimedOut = isTimedOut,
            Truncated = isCut || _output.HasDropped || _error.HasDropped,
            Duration = Stopwatch.GetElapsedTime(_started),
        });
    }

    private void Fail(SandboxException failure)
    {
        _input?.Break();
        _output.End(failure);
        _error.End(failure);
        _process.Streams.Dispose();
        _completion.TrySetException(GuestErrors.Again(failure));
        _ = _completion.Task.Exception; // Its owner may have gone; that is no unobserved exception.
    }
}
