using AgentSandbox.Protocol;
using AgentSandbox.WindowsGuest.Native;
using AgentSandbox.WindowsGuest.Serve.Connections;
using AgentSandbox.WindowsGuest.Serve.Spawn;

namespace AgentSandbox.WindowsGuest.Serve.Commands;

/// <summary>One command from OPEN to EXIT. The session's loop calls it and is never held up by it; starting, draining and ending are tasks.</summary>
internal sealed class CommandChannel
{
    private readonly GuestSession _session;
    private readonly InputPump _input;
    private readonly object _gate = new();
    private readonly TaskCompletionSource<bool> _bothEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<SignalMessage> _early = [];
    private StartedProcess? _process;
    private OutputPump? _output;
    private OutputPump? _error;
    private RegisteredWaitHandle? _wait;
    private int _openPipes = 2;
    private int _earlyOutputCredit;
    private int _earlyErrorCredit;
    private int _askedWith;
    private bool _leaderIsAlive;
    private bool _isEnding;
    private ExitMessage _exit = new() { Signal = CommandSignal.Kill };

    /// <summary>Begins to start the command.</summary>
    /// <param name="session">The connection.</param>
    /// <param name="id">The channel.</param>
    /// <param name="open">The request.</param>
    public CommandChannel(GuestSession session, uint id, OpenMessage open)
    {
        _session = session;
        Id = id;
        _input = new InputPump(session, id, open.StandardInput);
        _ = Task.Run(() => Start(open));
    }

    /// <summary>The channel.</summary>
    public uint Id { get; }

    /// <summary>Bytes for the command's input.</summary>
    /// <param name="bytes">The bytes.</param>
    public void ReceiveInput(ReadOnlySpan<byte> bytes) => _input.Receive(bytes);

    /// <summary>The end of the command's input.</summary>
    public void EndInput() => _input.End();

    /// <summary>The host takes more output.</summary>
    /// <param name="stream">Which.</param>
    /// <param name="credit">Bytes.</param>
    /// <exception cref="ProtocolViolationException">The stream is the host's own, or the credit impossible.</exception>
    public void AddCredit(StreamId stream, int credit)
    {
        if (stream == StreamId.StandardInput)
        {
            throw new ProtocolViolationException("WINDOW for a stream that the host sends itself.");
        }

        OutputPump? pump;
        lock (_gate)
        {
            pump = stream == StreamId.StandardOutput ? _output : _error;
            if (pump is null)
            {
                // It is still being started, and the host reckons with a large output.
                ref int early = ref stream == StreamId.StandardOutput ? ref _earlyOutputCredit : ref _earlyErrorCredit;
                early = credit > 0 && credit < (1 << 30) - early ? early + credit : throw new ProtocolViolationException("A WINDOW frame with an impossible credit.");
                return;
            }
        }

        pump.AddCredit(credit);
    }

    /// <summary>Sends a signal; see <see cref="CommandSignal"/>.</summary>
    /// <param name="signal">Which, and to whom.</param>
    public void Signal(SignalMessage signal)
    {
        lock (_gate)
        {
            if (_process is null)
            {
                _early.Add(signal);
                return;
            }

            if (CommandSignal.Asks(signal.Signal) && _leaderIsAlive)
            {
                _askedWith = signal.Signal;
                int id = _process.Id;
                _ = Task.Run(() => ConsoleBreak.Send(id)); // Another process: not on the loop's time.
            }
            else if (signal.Signal == CommandSignal.Kill && signal.Scope != SignalScope.Leader)
            {
                _process.Job.Terminate();
            }
            else if (signal.Signal == CommandSignal.Kill && _leaderIsAlive)
            {
                _process.Terminate();
            }
        }
    }

    /// <summary>Nobody wants the command any more: asks it to end, kills what does not, and says EXIT.</summary>
    public void End()
    {
        lock (_gate)
        {
            if (_isEnding)
            {
                return;
            }

            _isEnding = true;
            if (_process is null)
            {
                return; // Whoever starts it sees this.
            }
        }

        _ = Task.Run(EndAsync);
    }

    private void Start(OpenMessage open)
    {
        StartedProcess process;
        try
        {
            process = ProcessStarter.Start(open);
        }
        catch (Exception e)
        {
            // Nobody awaits this: whatever it is, the host is told.
            FailMessage fail = (e as CommandRefusedException)?.Fail ?? new FailMessage { Stage = "start", Detail = e.GetType().Name + ": " + e.Message };
            _session.Remove(this);
            _session.SendMessage(FrameType.Fail, Id, fail, ProtocolJson.Default.FailMessage);
            return;
        }

        bool isEnding;
        lock (_gate)
        {
            _output = new OutputPump(_session, Id, StreamId.StandardOutput, process.StandardOutput, OnPipeEnd);
            _error = new OutputPump(_session, Id, StreamId.StandardError, process.StandardError, OnPipeEnd);
            isEnding = _isEnding;
            if (!isEnding)
            {
                // Before the process can be seen by a signal, and before its first byte.
                _session.SendMessage(FrameType.Opened, Id, new OpenedMessage { ProcessId = process.Id }, ProtocolJson.Default.OpenedMessage);
            }

            AddEarly(_output, _earlyOutputCredit);
            AddEarly(_error, _earlyErrorCredit);
            _process = process;
            _leaderIsAlive = true;
        }

        if (isEnding)
        {
            process.Job.Terminate(); // It has never run.
        }

        if (process.StandardInput is { } input)
        {
            _input.Start(input);
        }

        _output.Start();
        _error.Start();
        var exited = new ManualResetEvent(false) { SafeWaitHandle = process.Process };
        _wait = ThreadPool.RegisterWaitForSingleObject(exited, (_, _) => OnLeaderExit(), null, Timeout.Infinite, executeOnlyOnce: true);
        process.Resume();
        if (isEnding)
        {
            _ = Task.Run(EndAsync);
        }

        _early.ForEach(Signal);
    }

    private static void AddEarly(OutputPump pump, int credit)
    {
        if (credit > 0)
        {
            pump.AddCredit(credit);
        }
    }

    private void OnPipeEnd()
    {
        if (Interlocked.Decrement(ref _openPipes) == 0)
        {
            _bothEnded.TrySetResult(true);
        }
    }

    private void OnLeaderExit()
    {
        uint code = _process!.ExitCode();
        bool isEnding;
        lock (_gate)
        {
            _leaderIsAlive = false;
            _exit = code == JobObject.KilledExitCode ? new ExitMessage { Signal = CommandSignal.Kill }
                : code == Kernel32.ControlCExit && _askedWith != 0 ? new ExitMessage { Signal = _askedWith }
                : new ExitMessage { ExitCode = unchecked((int)code) };
            isEnding = _isEnding;
        }

        if (!isEnding)
        {
            _ = Task.Run(DrainAsync);
        }
    }

    private async Task DrainAsync()
    {
        _input.Close();
        bool truncated = await OutputDrain.RunAsync(_output!, _error!, _bothEnded.Task, () => Volatile.Read(ref _isEnding)).ConfigureAwait(false);
        lock (_gate)
        {
            if (_isEnding)
            {
                return; // EndAsync says EXIT.
            }

            _isEnding = true;
        }

        Finish(truncated);
    }

    private async Task EndAsync()
    {
        _input.Close();
        _output!.Detach();
        _error!.Detach();
        int id = _process!.Id;
        if (_process.Job.ActiveProcesses > 0)
        {
            bool isAlive;
            lock (_gate)
            {
                isAlive = _leaderIsAlive;
                _askedWith = CommandSignal.Term;
            }

            if (isAlive)
            {
                ConsoleBreak.Send(id);
            }
        }

        if (!await JobEnding.IsEmptyWithinAsync(_process.Job, ProtocolLimits.KillGrace).ConfigureAwait(false))
        {
            _process.Job.Terminate();
            await JobEnding.IsEmptyWithinAsync(_process.Job, JobEnding.GiveUpAfter).ConfigureAwait(false);
        }

        // The exit is noticed on another thread; what hangs in the kernel dies of SIGKILL as soon as it leaves it.
        for (int i = 0; i < 100 && Volatile.Read(ref _leaderIsAlive); i++)
        {
            await Task.Delay(10).ConfigureAwait(false);
        }

        Finish(truncated: false);
    }

    private void Finish(bool truncated)
    {
        _output!.Detach();
        _error!.Detach();
        ExitMessage exit;
        lock (_gate)
        {
            exit = _exit with { Truncated = truncated };
        }

        _wait?.Unregister(null);
        _session.Remove(this);
        _session.SendMessage(FrameType.Exit, Id, exit, ProtocolJson.Default.ExitMessage);
        LeftoverJobs.Adopt(_process!);
    }
}
