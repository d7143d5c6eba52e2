using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>
/// The host's end of a connection to a guest program: runs many commands at once over one byte stream. The guest is hostile: whatever the
/// protocol does not allow ends the connection and every command on it. Thread-safe.
/// This file opens and closes; <c>GuestConnection.Start.cs</c> starts commands, <c>GuestConnection.Receive.cs</c> reads.
/// </summary>
internal sealed partial class GuestConnection : IAsyncDisposable
{
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(1);

    private readonly Stream _stream;
    private readonly FrameWriter _writer;
    private readonly ConnectionOptions _options;
    private readonly object _gate = new();
    private readonly Dictionary<uint, GuestCommand> _channels = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _hello = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SandboxException? _failure;
    private uint _lastChannel;
    private int _reserved;
    private bool _retired;

    private GuestConnection(Stream stream, ConnectionOptions options)
    {
        _stream = stream;
        _options = options;
        _writer = new FrameWriter(stream, Fail, _stop.Token);
    }

    /// <summary>New commands may be started.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return _failure is null && !_retired;
            }
        }
    }

    /// <summary>The connection is closed or about to be.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _failure is not null;
            }
        }
    }

    /// <summary>Commands that were asked for since the connection opened; a pool sees by it whether the connection was used.</summary>
    public uint StartedCommands
    {
        get
        {
            lock (_gate)
            {
                return _lastChannel;
            }
        }
    }

    /// <summary>Commands on the connection, those that are being started included.</summary>
    public int OpenChannels
    {
        get
        {
            lock (_gate)
            {
                return _channels.Count + _reserved;
            }
        }
    }

    /// <summary>The guest has said that it runs on Windows, where an exit code has 32 bits. Known before the first command.</summary>
    public bool HasWideExitCodes { get; private set; }

    /// <summary>The guest has said that it gives commands terminals. Known before the first command.</summary>
    public bool HasTerminals { get; private set; }

    /// <summary>It is kept open however long nothing runs on it.</summary>
    public bool IsPinned { get; set; }

    /// <summary>Completes when the connection has ended, for whatever reason. Never fails.</summary>
    public Task Closed => _closed.Task;

    /// <summary>Called, outside of all locks, after a channel became free or the connection ended. Must not wait.</summary>
    public Action? CapacityChanged { get; set; }

    /// <summary>Says HELLO over a stream.</summary>
    /// <param name="stream">A duplex stream to a guest program. It belongs to the connection from now on, also when opening fails.</param>
    /// <param name="cancellationToken">Cancels the opening.</param>
    /// <returns>The open connection.</returns>
    /// <exception cref="SandboxException">
    /// <see cref="SandboxErrorId.GuestNotResponding"/>, <see cref="SandboxErrorId.ProtocolViolation"/>, <see cref="SandboxErrorId.GuestDisconnected"/>,
    /// or <see cref="SandboxErrorId.ResourceExhausted"/> when the guest serves too many connections.
    /// </exception>
    public static Task<GuestConnection> OpenAsync(Stream stream, CancellationToken cancellationToken) => OpenAsync(stream, ConnectionOptions.Default, cancellationToken);

    /// <inheritdoc cref="OpenAsync(Stream, CancellationToken)"/>
    /// <param name="stream">As above.</param>
    /// <param name="options">Deadlines.</param>
    /// <param name="cancellationToken">As above.</param>
    public static async Task<GuestConnection> OpenAsync(Stream stream, ConnectionOptions options, CancellationToken cancellationToken)
    {
        var connection = new GuestConnection(stream, options);
        var hello = new HelloMessage { Version = typeof(GuestConnection).Assembly.GetName().Version?.ToString() ?? "" };
        connection._writer.TryWriteMessage(FrameType.Hello, 0, hello, ProtocolJson.Default.HelloMessage);
        _ = Task.Run(connection.ReadLoopAsync, CancellationToken.None);
        try
        {
            await connection._hello.Task.WaitAsync(options.HelloTimeout, cancellationToken);
            return connection;
        }
        catch (TimeoutException)
        {
            SandboxException error = GuestErrors.NotResponding($"it did not say HELLO within {options.HelloTimeout.TotalSeconds:0.#} s.");
            connection.Fail(error);
            throw error;
        }
        catch (OperationCanceledException)
        {
            connection.Fail(GuestErrors.Disconnected("opening it was cancelled."));
            throw;
        }
    }

    /// <summary>Sends a signal.</summary>
    /// <returns>False when the connection has ended.</returns>
    public bool SendSignal(uint channel, int signal, SignalScope scope) =>
        _writer.TryWriteMessage(FrameType.Signal, channel, new SignalMessage { Signal = signal, Scope = scope }, ProtocolJson.Default.SignalMessage);

    /// <summary>Sends the size of a command's terminal.</summary>
    /// <returns>False when the connection has ended.</returns>
    public bool SendResize(uint channel, TerminalSize size) =>
        _writer.TryWriteMessage(FrameType.Resize, channel, new TerminalMessage { Columns = size.Columns, Rows = size.Rows }, ProtocolJson.Default.TerminalMessage);

    /// <summary>Tells the guest to end a command. On an ended connection it learns that by itself.</summary>
    public void SendClose(uint channel) => _writer.TryWrite(FrameType.Close, channel);

    /// <summary>Frees a channel after its last frame.</summary>
    public void Remove(uint channel)
    {
        lock (_gate)
        {
            _channels.Remove(channel);
        }

        CloseIfUseless();
        CapacityChanged?.Invoke();
    }

    /// <summary>Takes no more commands, and closes once nobody waits for those that run.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _retired = true;
        }

        CloseIfUseless();
        CapacityChanged?.Invoke();
    }

    /// <summary>Closes a retired connection whose commands nobody waits for.</summary>
    public void CloseIfUseless()
    {
        lock (_gate)
        {
            if (!_retired || _reserved > 0 || _channels.Values.Any(c => !c.IsAbandoned))
            {
                return;
            }
        }

        Fail(GuestErrors.Disconnected("it was given up."));
    }

    /// <summary>Ends the connection and every command on it, at once.</summary>
    /// <param name="failure">Why; the first one counts.</param>
    public void Fail(SandboxException failure)
    {
        GuestCommand[] commands;
        lock (_gate)
        {
            if (_failure is not null)
            {
                return;
            }

            _failure = failure;
            commands = [.. _channels.Values];
            _channels.Clear();
        }

        foreach (GuestCommand command in commands)
        {
            command.ConnectionFailed(failure);
        }

        if (_hello.TrySetException(GuestErrors.Again(failure)))
        {
            _ = _hello.Task.Exception; // Observed: who opened the connection may have stopped waiting.
        }

        CapacityChanged?.Invoke();
        _ = Task.Run(() => CloseAsync(failure));
    }

    /// <summary>Closes the connection. Commands that still run fail with <see cref="SandboxErrorId.GuestDisconnected"/>; the guest ends them.</summary>
    /// <returns>A task that completes when the stream is closed.</returns>
    public async ValueTask DisposeAsync()
    {
        Fail(GuestErrors.Disconnected("this process closed it."));
        await _closed.Task;
    }

    private void ThrowIfFailed()
    {
        lock (_gate)
        {
            if (_failure is not null)
            {
                throw GuestErrors.Again(_failure);
            }
        }
    }

    private async Task CloseAsync(SandboxException failure)
    {
        if (failure.ErrorId == SandboxErrorId.ProtocolViolation)
        {
            var lastWords = new FailMessage { Kind = FailKind.Protocol, Detail = failure.InnerException?.Message ?? "" };
            _writer.TryWriteMessage(FrameType.Error, 0, lastWords, ProtocolJson.Default.FailMessage);
        }

        await _writer.CompleteAsync(s_lastWords);
        try
        {
            await _stop.CancelAsync();
            await _stream.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The stream is gone either way, and why the connection ended is known already.
        }
        finally
        {
            _closed.TrySetResult();
        }
    }
}
