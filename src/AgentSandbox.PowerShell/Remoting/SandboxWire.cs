using System.Text;
using System.Threading.Channels;
using AgentSandbox.PowerShell.Remoting.Wire;
using AgentSandbox.PowerShell.Transport;

namespace AgentSandbox.PowerShell.Remoting;

/// <summary>Remoting's lines over the standard streams of a PowerShell server in a sandbox. What comes in goes through a <see cref="ServerFilter"/>.</summary>
internal sealed class SandboxWire : IRemotingWire, IAsyncDisposable
{
    /// <summary>What may wait to be sent. PowerShell waits for the server's answer after each packet, so only answers to the server's own calls can ever be that many.</summary>
    private const int MaxUnsent = 4096;

    /// <summary>How long a command may take to stop that was told to: PowerShell itself waits for it without a bound.</summary>
    private static readonly TimeSpan s_stopTime = TimeSpan.FromSeconds(20);

    private readonly SandboxCommand _command;
    private readonly IWireCredit _credit;
    private readonly ServerFilter _filter;
    private readonly Channel<string> _unsent = Channel.CreateBounded<string>(MaxUnsent);
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly object _lock = new();
    private readonly StringBuilder _errors = new();
    private Action<string>? _received;
    private Task? _closing;
    private bool _isOver;

    /// <summary>Makes a wire.</summary>
    /// <param name="command">The server, which runs.</param>
    /// <param name="name">Name of the sandbox.</param>
    /// <param name="hostWrites">See <see cref="ServerFilter"/>.</param>
    /// <param name="credit">Holds the server up.</param>
    /// <param name="isEntered">See <see cref="ServerFilter"/>.</param>
    public SandboxWire(SandboxCommand command, string name, bool hostWrites, IWireCredit credit, Func<bool>? isEntered = null)
    {
        _command = command;
        _credit = credit;
        _filter = new ServerFilter(hostWrites, isEntered);
        Name = name;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Why the connection broke; null as long as it has not, or when it was closed from here.</summary>
    public SandboxException? Failure { get; private set; }

    /// <summary>Completes when the server has ended and nothing is left of it.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What <c>exit</c> said since this was last set to null.</summary>
    public int? ExitCode
    {
        get => _filter.ExitCode;
        set => _filter.ExitCode = value;
    }

    /// <inheritdoc/>
    public void Start(Action<string> received, Action<Exception> broken)
    {
        _received = received;
        _ = Task.Run(() => RunAsync(received, broken), CancellationToken.None);
    }

    /// <inheritdoc/>
    public void Send(string line)
    {
        _filter.Sent(line);
        _credit.Sent(line);
        lock (_lock)
        {
            if (!_isOver)
            {
                if (_filter.Closing)
                {
                    // Not left to the server: once it has ended by itself nobody can tell what it had started. The answer to PowerShell is given by Tell.
                    _ = CloseAsync();
                    return;
                }

                Queue(line);
                if (line.StartsWith("<Signal", StringComparison.Ordinal))
                {
                    _ = Task.Run(() => EndUnlessStoppedAsync(WirePacket.Parse(line).Owner));
                }

                return;
            }
        }

        Acknowledge(line);
    }

    /// <inheritdoc/>
    public void Close() => _ = CloseAsync();

    /// <summary>Ends the server with everything that it started.</summary>
    /// <returns>A task that completes when that is done.</returns>
    public Task CloseAsync()
    {
        lock (_lock)
        {
            return _closing ??= Task.Run(EndAsync);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await CloseAsync().ConfigureAwait(false);

    private async Task RunAsync(Action<string> received, Action<Exception> broken)
    {
        Task writing = WriteAsync();
        Task errors = ReadErrorsAsync();
        try
        {
            await ReadAsync(received).ConfigureAwait(false);
            await errors.ConfigureAwait(false);
            Failure ??= _filter.Closing || _closed.IsCancellationRequested ? null : await EndOfServerAsync().ConfigureAwait(false);
        }
        catch (SandboxException e)
        {
            Failure ??= e;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or IOException)
        {
            // Closed from here, or the connection to the sandbox is gone, which the command's completion explains.
            Failure ??= _closed.IsCancellationRequested ? null : await EndOfServerAsync().ConfigureAwait(false);
        }

        lock (_lock)
        {
            _isOver = true;
        }

        _unsent.Writer.TryComplete();

        // A session that is removed is gone when its removal returns. Of one that broke PowerShell hears at once, and may take its time.
        bool closing = _filter.Closing;
        Task told = closing ? Task.CompletedTask : Task.Run(() => Tell(received, broken));
        await CloseAsync().ConfigureAwait(false);
        await writing.ConfigureAwait(false);
        _ended.TrySetResult();
        await (closing ? Task.Run(() => Tell(received, broken)) : told).ConfigureAwait(false);
    }

    private async Task EndUnlessStoppedAsync(Guid pipeline)
    {
        try
        {
            await Task.Delay(s_stopTime, _closed.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            return; // Over in another way.
        }

        if (_filter.IsStopping(pipeline))
        {
            Failure = new SandboxException(
                SandboxErrorId.GuestNotResponding,
                $"A command in {Name} was told to stop, and did not in {s_stopTime.TotalSeconds} s, so its PowerShell was ended.",
                "Open another session.",
                Name);
            await CloseAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Tells PowerShell that nothing comes any more.</summary>
    private void Tell(Action<string> received, Action<Exception> broken)
    {
        if (_filter.Closing)
        {
            received(WirePacket.CloseAckLine(Guid.Empty));
            return;
        }

        // PowerShell shows no more than a message.
        SandboxException failure = Failure ?? new SandboxException(SandboxErrorId.GuestDisconnected, $"The PowerShell in {Name} was ended.", "Start another one.", Name);
        broken(new IOException($"{failure.Message} {failure.RecommendedAction}".Trim(), failure));
    }

    private async Task ReadAsync(Action<string> received)
    {
        LineReader reader = new();
        List<string> lines = [];
        List<FilteredLine> forward = [];
        List<string> reply = [];
        byte[] buffer = new byte[64 * 1024];
        int read;
        while ((read = await _command.StandardOutput.ReadAsync(buffer, _closed.Token).ConfigureAwait(false)) > 0)
        {
            lines.Clear();
            reader.Append(buffer.AsSpan(0, read), lines);
            foreach (string line in lines)
            {
                forward.Clear();
                reply.Clear();
                _filter.Received(line, forward, reply);
                foreach (string answer in reply)
                {
                    Queue(answer);
                }

                foreach (FilteredLine filtered in forward)
                {
                    if (filtered.Records == 0 || await _credit.TakeAsync(filtered.Bytes, _closed.Token).ConfigureAwait(false))
                    {
                        received(filtered.Line);
                    }
                }
            }
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (string line in _unsent.Reader.ReadAllAsync(_closed.Token).ConfigureAwait(false))
            {
                await _command.StandardInput.WriteAsync(Encoding.ASCII.GetBytes(line + "\n"), _closed.Token).ConfigureAwait(false);
                await _command.StandardInput.FlushAsync(_closed.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or SandboxException)
        {
            // The server ended, which the reading side reports.
        }
    }

    /// <summary>Keeps the beginning of what the server writes on standard error: why it can't start.</summary>
    private async Task ReadErrorsAsync()
    {
        byte[] buffer = new byte[4096];
        int read;
        try
        {
            while ((read = await _command.StandardError.ReadAsync(buffer, _closed.Token).ConfigureAwait(false)) > 0)
            {
                if (_errors.Length < 2000)
                {
                    _errors.Append(HostText.Clean(Encoding.UTF8.GetString(buffer, 0, read)).Replace('\n', ' '));
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or SandboxException)
        {
            // As above.
        }
    }

    private async Task<SandboxException> EndOfServerAsync()
    {
        try
        {
            CommandExit exit = await _command.Completion.WaitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
            string errors = _errors.ToString().Trim();
            return new SandboxException(
                SandboxErrorId.GuestDisconnected,
                $"The PowerShell in {Name} ended by itself with exit code {exit.ExitCode}{(errors.Length == 0 ? "." : $": {errors[..Math.Min(errors.Length, 500)]}")}",
                "137 often means that it ran out of memory: give the sandbox a larger -Memory.",
                Name);
        }
        catch (SandboxException e)
        {
            return e;
        }
        catch (TimeoutException)
        {
            return new SandboxException(SandboxErrorId.GuestDisconnected, $"The PowerShell in {Name} closed its connection.", "Take what comes from this sandbox for hostile.", Name);
        }
    }

    private void Queue(string line)
    {
        if (!_unsent.Writer.TryWrite(line) && !_isOver)
        {
            throw WireViolation.Of("does not read what it is sent");
        }
    }

    /// <summary>Answers in the server's place once there is none, or PowerShell would wait a minute for each.</summary>
    private void Acknowledge(string line)
    {
        if (!line.StartsWith("<Data", StringComparison.Ordinal) && WirePacket.Parse(line) is { Kind: WirePacketKind.Close or WirePacketKind.Signal } packet)
        {
            _ = Task.Run(() => _received?.Invoke($"<{packet.Kind}Ack PSGuid='{packet.Owner:D}' />"));
        }
    }

    private async Task EndAsync()
    {
        await _closed.CancelAsync().ConfigureAwait(false);
        _unsent.Writer.TryComplete();
        await _command.DisposeAsync().ConfigureAwait(false);
        if (_received is null)
        {
            _ended.TrySetResult();
        }
    }
}
