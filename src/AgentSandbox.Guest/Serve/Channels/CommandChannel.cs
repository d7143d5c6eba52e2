using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Connections;
using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Guest.Serve.ProcessTree;
using AgentSandbox.Guest.Serve.Spawn;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Channels;

/// <summary>
/// One command, from fork to EXIT. It starts (OPENED or FAIL), runs, is drained when its first process has ended, and is done. CLOSE, a dropped
/// connection or a shutdown of the guest turn any of these into ending: all its processes are ended, then it is done.
/// </summary>
internal sealed unsafe class CommandChannel : IEventHandler, IReaped
{
    private readonly ServerContext _context;
    private readonly Connection _connection;
    private readonly StartedProcess _process;
    private readonly InputStream _input;
    private readonly OutputStream _output;
    private readonly OutputStream _error;
    private OpenMessage? _open;
    private int _statusPipe;
    private State _state = State.Starting;
    private OutputDrain? _drain;
    private int _exitCode;
    private int _signal;

    /// <summary>When SIGKILL follows the SIGTERM or hang-up that all of the command's processes were sent.</summary>
    private long? _killAt;

    /// <summary>It was SIGTERM; with a terminal SIGHUP comes before it.</summary>
    private bool _wasTerminated;

    /// <summary>Forks the command.</summary>
    /// <exception cref="CommandRefusedException">It could not be.</exception>
    public CommandChannel(ServerContext context, Connection connection, uint id, OpenMessage open)
    {
        _context = context;
        _connection = connection;
        Id = id;
        _open = open;
        _process = context.Starter.Start(open);
        _input = new InputStream(context.Loop, connection, id, _process.StandardInput, _process.Terminal is not null);
        _output = new OutputStream(context.Loop, connection, this, StreamId.StandardOutput, _process.StandardOutput, _process.Terminal is not null);
        _error = new OutputStream(context.Loop, connection, this, StreamId.StandardError, _process.StandardError);
        _statusPipe = _process.StatusPipe;
        context.Reaper.Expect(_process.Tree.Leader, this);
        context.OnStarted(_process.Tree);
        if (!context.Loop.Watch(_statusPipe, Os.EPOLLIN, this))
        {
            connection.Fail(FailKind.ResourceExhausted, "epoll_ctl");
        }
    }

    private enum State
    {
        Starting,
        Running,
        Draining,
        Ending,
        Done,
    }

    /// <summary>Number of the channel on its connection.</summary>
    public uint Id { get; }

    /// <summary>Its processes.</summary>
    public CommandTree Tree => _process.Tree;

    /// <summary>Bytes of standard input that the command has not taken.</summary>
    public int PendingInput => _input.Pending;

    /// <summary>The status pipe is ready: the child has become the command, or says why not.</summary>
    public void OnReady(int descriptor, uint events) => FinishStart();

    /// <summary>DATA from the host.</summary>
    public void ReceiveInput(ReadOnlySpan<byte> bytes)
    {
        while (_process.Terminal is { KernelSignals: false } terminal && terminal.FindSignalKey(bytes, out int signal) is int at and >= 0)
        {
            if (at > 0)
            {
                _input.Receive(bytes[..at]);
            }

            _input.Skip(1);
            _context.Signaller.Signal(_process.Tree, signal);
            bytes = bytes[(at + 1)..];
        }

        if (!bytes.IsEmpty)
        {
            _input.Receive(bytes);
        }
    }

    /// <summary>EOF from the host.</summary>
    public void EndInput() => _input.End();

    /// <summary>WINDOW from the host.</summary>
    public void AddCredit(StreamId stream, int credit)
    {
        OutputStream? target = stream switch
        {
            StreamId.StandardOutput => _output,
            StreamId.StandardError => _error,
            _ => throw new ProtocolViolationException("WINDOW for a stream that the host sends itself."),
        };
        target.AddCredit(credit);
        _drain?.OnUnparked();
    }

    /// <summary>The connection takes data again.</summary>
    public void ResumeOutput()
    {
        _output.Resume();
        _error.Resume();
        _drain?.OnUnparked();
    }

    /// <summary>Output was sent.</summary>
    public void OnOutput() => _drain?.OnOutput();

    /// <summary>Output has to wait for the host.</summary>
    public void OnParked() => _drain?.OnParked();

    /// <summary>A stream has ended.</summary>
    public void OnStreamEnd() => _drain?.OnStreamEnd();

    /// <summary>RESIZE from the host.</summary>
    /// <exception cref="ProtocolViolationException">The command has no terminal.</exception>
    public void Resize(TerminalMessage size)
    {
        if (_process.Terminal is null)
        {
            throw new ProtocolViolationException("RESIZE for a command without a terminal.");
        }

        _process.Terminal.Resize(size);
        if (!_process.Terminal.KernelSignals)
        {
            _context.Signaller.Signal(_process.Tree, Os.SIGWINCH);
        }
    }

    /// <summary>SIGNAL from the host.</summary>
    public void Signal(int signal, SignalScope scope)
    {
        CommandTree tree = _process.Tree;
        switch (scope)
        {
            case SignalScope.Leader when tree.LeaderIsAlive:
                _ = Libc.Kill(tree.Leader, signal); // A zombie at worst, whose number is still its own.
                break;
            case SignalScope.Group when tree.LeaderIsAlive:
                if (Libc.Kill(-tree.Leader, signal) != 0)
                {
                    _ = Libc.Kill(tree.Leader, signal); // Before the child has called setsid(2) there is no group yet.
                }

                break;
            case SignalScope.Group:
                _context.Signaller.SignalOrphanedGroup(tree, signal);
                break;
            case SignalScope.All when signal == Os.SIGKILL:
                TreeEnding.AtOnce(_context.Loop, _context.Signaller, tree);
                break;
            case SignalScope.All:
                _context.Signaller.Signal(tree, signal);
                if (signal == Os.SIGTERM || (signal == Os.SIGHUP && _process.Terminal is not null))
                {
                    _wasTerminated |= signal == Os.SIGTERM;
                    _killAt = _context.Loop.Now + (long)ProtocolLimits.KillGrace.TotalMilliseconds;
                }

                break;
            default:
                break; // The leader is gone, and a signal to it is late: nothing is left to do.
        }
    }

    /// <summary>Ends all processes of the command, then answers with EXIT if somebody still listens.</summary>
    public void End()
    {
        if (_state is State.Ending or State.Done)
        {
            return;
        }

        if (_state == State.Starting)
        {
            // A host that did not ask for its end (the sandbox is stopped) takes nothing of a command before this.
            _connection.SendMessage(FrameType.Opened, Id, new OpenedMessage { ProcessId = _process.Tree.Leader }, ProtocolJson.Default.OpenedMessage);
        }

        _state = State.Ending;
        _drain?.Cancel();
        _drain = null;
        _open = null;
        _context.Loop.Close(ref _statusPipe);
        _input.Close();
        _output.EndEarly(_context.Leftovers);
        _error.EndEarly(_context.Leftovers);
        _process.Terminal?.Close();
        _context.Endings++;
        TreeEnding.Gracefully(_context.Loop, _context.Signaller, _process.Tree, hangUp: _process.Terminal is not null, () =>
        {
            _context.Endings--;
            Finish(truncated: false);
        });
    }

    /// <inheritdoc/>
    public void BeforeReap()
    {
        if (_state == State.Ending && !_context.Signaller.SeesProcesses)
        {
            // The last moment at which the group's number is known to be the command's.
            _ = Libc.Kill(-_process.Tree.Leader, Os.SIGKILL);
        }
    }

    /// <inheritdoc/>
    public void OnReaped(int exitCode, int signal)
    {
        _exitCode = exitCode;
        _signal = signal;
        _process.Tree.LeaderIsAlive = false;
        if (_state == State.Starting)
        {
            FinishStart(); // Nobody holds the pipe's other end any more, so it has an answer.
        }

        _process.Terminal?.OnLeaderExit();
        if (_state == State.Running)
        {
            _state = State.Draining;
            _input.Close();
            _drain = new OutputDrain(_context.Loop, _output, _error, OnDrained);
            _drain.Start();
        }
    }

    private void FinishStart()
    {
        ChildFailure failure;
        nint n = Libc.Read(_statusPipe, (byte*)&failure, sizeof(ChildFailure));
        if (n < 0 && Libc.Errno is Errno.EAGAIN or Errno.EINTR && _process.Tree.LeaderIsAlive)
        {
            return;
        }

        _context.Loop.Close(ref _statusPipe);
        OpenMessage open = _open!;
        _open = null;
        if (n == sizeof(ChildFailure))
        {
            _state = State.Done;
            _output.Discard();
            _error.Discard();
            _input.Close();
            _process.Terminal?.Close();
            _connection.SendMessage(FrameType.Fail, Id, StartFailure.Translate(failure, open, _process.Programs), ProtocolJson.Default.FailMessage);
            _connection.Remove(this);
            return;
        }

        _state = State.Running;
        _connection.SendMessage(FrameType.Opened, Id, new OpenedMessage { ProcessId = _process.Tree.Leader }, ProtocolJson.Default.OpenedMessage);
        if (_process.Terminal is not null)
        {
            _connection.SendEof(Id, StreamId.StandardError); // All output is one stream.
        }

        _output.Watch();
        _error.Watch();
    }

    private void OnDrained(bool truncated)
    {
        _output.EndEarly(_context.Leftovers);
        _error.EndEarly(_context.Leftovers);
        _process.Terminal?.Close();
        if (_killAt is { } killAt && killAt >= _context.Loop.Now)
        {
            // All were told to end, and the first has. EXIT says that the command is over: not while one that ignores SIGTERM goes on.
            _drain = null;
            _state = State.Ending;
            _context.Endings++;
            TreeEnding.Remaining(_context.Loop, _context.Signaller, _process.Tree, !_wasTerminated, killAt, () =>
            {
                _context.Endings--;
                Finish(truncated);
            });
            return;
        }

        Finish(truncated);
    }

    private void Finish(bool truncated)
    {
        _state = State.Done;
        _drain = null;
        if (_process.Tree.LeaderIsAlive)
        {
            _signal = Os.SIGKILL; // It hangs in the kernel and dies of this as soon as it leaves it.
        }

        var exit = new ExitMessage { ExitCode = _exitCode, Signal = _signal, Truncated = truncated };
        _connection.SendMessage(FrameType.Exit, Id, exit, ProtocolJson.Default.ExitMessage);
        _connection.Remove(this);
    }
}
