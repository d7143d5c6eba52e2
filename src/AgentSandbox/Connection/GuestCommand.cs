using System.Diagnostics;
using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>
/// A command over a guest connection. Its output is buffered up to <see cref="ProtocolLimits.InitialWindow"/> bytes a stream, so that
/// <see cref="Completion"/> of a command that writes more needs somebody who reads. Disposing discards what was not read.
/// This file holds what the guest says; <c>GuestCommand.Ending.cs</c> what the host does to end it.
/// </summary>
internal sealed partial class GuestCommand : SandboxCommand
{
    private readonly GuestConnection _connection;
    private readonly CommandSpecification _specification;
    private readonly ConnectionOptions _options;
    private readonly uint _channel;
    private readonly long _started;
    private readonly object _gate = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<CommandExit> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GuestReadStream _output;
    private readonly GuestReadStream _error;
    private readonly GuestWriteStream? _input;
    private bool _isOpen;
    private bool _hasEnded;

    /// <summary>Creates a command that was asked for and not yet answered.</summary>
    /// <param name="connection">Its connection.</param>
    /// <param name="writer">The connection's writer.</param>
    /// <param name="options">Deadlines.</param>
    /// <param name="channel">Its channel.</param>
    /// <param name="specification">What was asked for.</param>
    /// <param name="started">When, as <see cref="Stopwatch.GetTimestamp"/> has it.</param>
    public GuestCommand(GuestConnection connection, FrameWriter writer, ConnectionOptions options, uint channel, CommandSpecification specification, long started)
    {
        _connection = connection;
        _specification = specification;
        _options = options;
        _channel = channel;
        _started = started;
        _output = new GuestReadStream(credit => writer.WriteWindow(channel, StreamId.StandardOutput, credit));
        _error = new GuestReadStream(credit => writer.WriteWindow(channel, StreamId.StandardError, credit));
        _input = specification.StandardInput ? new GuestWriteStream(writer, channel) : null;
    }

    /// <inheritdoc/>
    public override Stream StandardInput => _input ?? Stream.Null;

    /// <inheritdoc/>
    public override Stream StandardOutput => _output;

    /// <inheritdoc/>
    public override Stream StandardError => _error;

    /// <inheritdoc/>
    public override Task<CommandExit> Completion => _completion.Task;

    /// <summary>Completes when the guest runs the command; fails when it can't.</summary>
    public Task Opened => _opened.Task;

    /// <summary>The guest says that the command runs.</summary>
    public void ReceiveOpened()
    {
        lock (_gate)
        {
            if (_isOpen)
            {
                throw new ProtocolViolationException("A second OPENED.");
            }

            _isOpen = true;
        }

        if (_specification.Timeout is { } timeout)
        {
            _ = EnforceTimeoutAsync(timeout);
        }

        _opened.TrySetResult();
    }

    /// <summary>The guest says that it could not start the command.</summary>
    /// <param name="message">Why.</param>
    public void ReceiveFail(FailMessage message)
    {
        lock (_gate)
        {
            if (_isOpen)
            {
                throw new ProtocolViolationException("FAIL after OPENED.");
            }
        }

        _connection.Remove(_channel);
        Fail(GuestErrors.FromFail(message, _specification));
    }

    /// <summary>The guest sends output.</summary>
    /// <param name="stream">Which.</param>
    /// <param name="payload">The bytes.</param>
    public void ReceiveData(StreamId stream, ReadOnlySpan<byte> payload) => Output(stream).Receive(payload);

    /// <summary>The guest says that a stream has ended.</summary>
    /// <param name="stream">Which; for standard input, that nothing reads it any more.</param>
    public void ReceiveEof(StreamId stream)
    {
        if (stream == StreamId.StandardInput)
        {
            Input().ReceiveEof();
        }
        else
        {
            Output(stream).ReceiveEof();
        }
    }

    /// <summary>The guest gives credit.</summary>
    /// <param name="stream">For what.</param>
    /// <param name="credit">Bytes.</param>
    public void ReceiveWindow(StreamId stream, uint credit)
    {
        if (stream != StreamId.StandardInput)
        {
            throw new ProtocolViolationException("WINDOW for a stream that the host does not send.");
        }

        Input().ReceiveWindow(credit);
    }

    /// <summary>The guest says how the command ended.</summary>
    /// <param name="message">How.</param>
    public void ReceiveExit(ExitMessage message)
    {
        RequireOpen();
        if (!_output.HasEnded || !_error.HasEnded)
        {
            throw new ProtocolViolationException("EXIT before both EOF.");
        }

        if ((message.ExitCode is < 0 or > 255 && !_connection.HasWideExitCodes) || message.Signal is < 0 or > 64 || (message.ExitCode != 0 && message.Signal != 0))
        {
            throw new ProtocolViolationException("EXIT with an impossible exit code or signal.");
        }

        _connection.Remove(_channel);
        int? signal = message.Signal == 0 ? null : message.Signal;
        End(signal is { } n ? 128 + n : message.ExitCode, signal, message.Truncated);
    }

    /// <summary>The connection has ended, and the command with it.</summary>
    /// <param name="failure">Why.</param>
    public void ConnectionFailed(SandboxException failure) => Fail(failure);

    // A guest that got CLOSE while it was starting the command answers with EOF and EXIT and leaves OPENED out.
    private void RequireOpen()
    {
        lock (_gate)
        {
            if (!_isOpen && !_isAbandoned)
            {
                throw new ProtocolViolationException("A frame of a command before OPENED.");
            }
        }
    }

    private GuestReadStream Output(StreamId stream)
    {
        RequireOpen();
        return stream switch
        {
            StreamId.StandardOutput => _output,
            StreamId.StandardError => _error,
            _ => throw new ProtocolViolationException("DATA for standard input from the guest."),
        };
    }

    private GuestWriteStream Input()
    {
        RequireOpen();
        return _input ?? throw new ProtocolViolationException("A frame for a standard input that was not asked for.");
    }

    private void End(int exitCode, int? signal, bool truncated)
    {
        bool timedOut;
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            _hasEnded = true;
            timedOut = _timedOut;
        }

        _input?.Break(null);
        _output.End(null);
        _error.End(null);
        _completion.TrySetResult(new CommandExit
        {
            ExitCode = timedOut ? TimedOutExitCode : exitCode,
            Signal = signal,
            TimedOut = timedOut,
            Truncated = truncated || _output.HasDropped || _error.HasDropped,
            Duration = Stopwatch.GetElapsedTime(_started),
        });
        _opened.TrySetResult();
        _ended.TrySetResult();
    }

    private void Fail(SandboxException failure)
    {
        bool timedOut;
        lock (_gate)
        {
            if (_hasEnded)
            {
                return;
            }

            // Who asked for a time limit learns that it was reached, even when the guest died from being killed; a breach is told as one.
            timedOut = _timedOut && failure.ErrorId != SandboxErrorId.ProtocolViolation;
            _hasEnded = !timedOut;
        }

        if (timedOut)
        {
            End(TimedOutExitCode, null, truncated: true);
            return;
        }

        _input?.Break(failure);
        _output.End(failure);
        _error.End(failure);
        Observe(_opened.TrySetException(GuestErrors.Again(failure)), _opened.Task);
        Observe(_completion.TrySetException(GuestErrors.Again(failure)), _completion.Task);
        _ended.TrySetResult();
    }

    // A command whose owner has gone must not raise UnobservedTaskException in somebody's PowerShell.
    private static void Observe(bool failed, Task task)
    {
        if (failed)
        {
            _ = task.Exception;
        }
    }
}
