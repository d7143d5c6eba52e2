using System.Diagnostics.CodeAnalysis;
using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>
/// The connections to one sandbox, and those who wait for a channel on one. A connection is opened only when the channels of those that are
/// being opened already don't suffice for everyone who waits: 200 commands at once make four connections, not eight.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The token source has no timer and no wait handle; connections that are being opened still look at it after Close.")]
internal sealed class PooledConnections
{
    private readonly ConnectionOptions _options;
    private readonly object _gate = new();
    private readonly List<GuestConnection> _connections = [];
    private readonly LinkedList<Waiter> _waiters = new();
    private readonly CancellationTokenSource _close = new();
    private int _opening;
    private bool _isClosed;
    private bool _isSweeping;

    /// <summary>Creates an entry with no connection.</summary>
    /// <param name="options">Deadlines.</param>
    public PooledConnections(ConnectionOptions options) => _options = options;

    /// <summary>Reserves a channel.</summary>
    /// <param name="connect">Opens a stream.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>The connection, and whether nothing ran on it, so that nobody could have noticed yet that it is dead.</returns>
    public async Task<(GuestConnection Connection, bool WasIdle)> AcquireAsync(Func<CancellationToken, Task<Stream>> connect, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        LinkedListNode<Waiter> waiter;
        lock (_gate)
        {
            if (_isClosed)
            {
                throw Closed();
            }

            // Who comes later does not overtake those who wait.
            if (_waiters.Count == 0 && TryReserve(out GuestConnection? free, out bool wasIdle))
            {
                return (free, wasIdle);
            }

            waiter = _waiters.AddLast(new Waiter(connect));
            OpenAsNeeded();
        }

        try
        {
            return (await waiter.Value.Granted.Task.WaitAsync(cancellationToken), false);
        }
        catch (OperationCanceledException)
        {
            GiveBack(waiter);
            throw;
        }
    }

    /// <summary>Adds a connection that exists already.</summary>
    /// <param name="connection">The connection.</param>
    public void Adopt(GuestConnection connection)
    {
        bool isClosed;
        lock (_gate)
        {
            isClosed = _isClosed;
            if (!isClosed)
            {
                _connections.Add(connection);
            }
        }

        if (isClosed)
        {
            _ = connection.DisposeAsync().AsTask();
            return;
        }

        connection.CapacityChanged = Serve;
        Serve();
    }

    /// <summary>Takes a connection out that turned out to be dead.</summary>
    /// <param name="connection">The connection.</param>
    public void Forget(GuestConnection connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
        }
    }

    /// <summary>Closes all connections and fails those who wait.</summary>
    /// <returns>A task that completes when they are closed; they take no more commands before.</returns>
    public Task Close()
    {
        GuestConnection[] connections;
        Waiter[] waiters;
        lock (_gate)
        {
            _isClosed = true;
            connections = [.. _connections];
            waiters = [.. _waiters];
            _connections.Clear();
            _waiters.Clear();
        }

        _close.Cancel();
        foreach (Waiter waiter in waiters)
        {
            waiter.Granted.TrySetException(Closed());
        }

        return Task.WhenAll(connections.Select(c => c.DisposeAsync().AsTask()));
    }

    private static SandboxException Closed() => GuestErrors.Disconnected("this process closed it.");

    private void GiveBack(LinkedListNode<Waiter> waiter)
    {
        lock (_gate)
        {
            if (waiter.List is not null)
            {
                _waiters.Remove(waiter);
                return;
            }
        }

        // It was granted, or failed, in the same moment.
        Task<GuestConnection> granted = waiter.Value.Granted.Task;
        if (granted.IsCompletedSuccessfully)
        {
            granted.Result.Unreserve();
        }
        else
        {
            _ = granted.Exception;
        }
    }

    private void Serve()
    {
        lock (_gate)
        {
            _connections.RemoveAll(c => c.HasEnded);
            while (_waiters.First is { } first && TryReserve(out GuestConnection? connection, out _))
            {
                _waiters.RemoveFirst();
                first.Value.Granted.TrySetResult(connection);
            }

            OpenAsNeeded();
            if (!_isSweeping && _connections.Count > 1)
            {
                _isSweeping = true;
                _ = SweepAsync();
            }
        }
    }

    private bool TryReserve([NotNullWhen(true)] out GuestConnection? connection, out bool wasIdle)
    {
        foreach (GuestConnection candidate in _connections)
        {
            wasIdle = candidate.OpenChannels == 0;
            if (candidate.TryReserve())
            {
                connection = candidate;
                return true;
            }
        }

        connection = null;
        wasIdle = false;
        return false;
    }

    private void OpenAsNeeded()
    {
        while (!_isClosed
            && _waiters.Count > _opening * ProtocolLimits.MaxChannels
            && _connections.Count(c => !c.HasEnded) + _opening < GuestConnectionPool.MaxConnections)
        {
            _opening++;
            Func<CancellationToken, Task<Stream>> connect = _waiters.Last!.Value.Connect;
            _ = Task.Run(() => OpenAsync(connect));
        }
    }

    private async Task OpenAsync(Func<CancellationToken, Task<Stream>> connect)
    {
        try
        {
            GuestConnection connection = await ConnectAsync(connect);
            bool isClosed;
            lock (_gate)
            {
                _opening--;
                isClosed = _isClosed;
                if (!isClosed)
                {
                    _connections.Add(connection);
                }
            }

            if (isClosed)
            {
                await connection.DisposeAsync();
                return;
            }

            connection.CapacityChanged = Serve;
            Serve();
        }
        catch (Exception e)
        {
            OnOpenFailed(e);
        }
    }

    private async Task<GuestConnection> ConnectAsync(Func<CancellationToken, Task<Stream>> connect)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_close.Token);
        deadline.CancelAfter(_options.OpenTimeout);
        try
        {
            Stream stream = await connect(deadline.Token);
            return await GuestConnection.OpenAsync(stream, _options, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            throw _close.IsCancellationRequested
                ? Closed()
                : GuestErrors.NotResponding($"it could not be connected to within {_options.OpenTimeout.TotalSeconds:0.#} s.");
        }
    }

    private void OnOpenFailed(Exception error)
    {
        Waiter[] failed = [];
        lock (_gate)
        {
            _opening--;

            // While another connection lives, its channels become free in time; a guest may just serve no more connections.
            if (_opening == 0 && !_connections.Exists(c => c.IsOpen))
            {
                failed = [.. _waiters];
                _waiters.Clear();
            }
        }

        foreach (Waiter waiter in failed)
        {
            waiter.Granted.TrySetException(error is SandboxException known ? GuestErrors.Again(known) : error);
        }
    }

    /// <summary>Closes what has lain idle for long, but for one connection. At most one such task runs, however many commands end.</summary>
    private async Task SweepAsync()
    {
        for (bool goOn = true; goOn;)
        {
            Dictionary<GuestConnection, uint> before;
            lock (_gate)
            {
                before = _connections.ToDictionary(c => c, c => c.StartedCommands);
            }

            await Task.Delay(_options.IdleLinger);
            var idle = new List<GuestConnection>();
            lock (_gate)
            {
                foreach ((GuestConnection connection, uint started) in before)
                {
                    if (_connections.Count > 1 && !connection.IsPinned && connection.OpenChannels == 0 && connection.StartedCommands == started && _connections.Remove(connection))
                    {
                        idle.Add(connection);
                    }
                }

                _isSweeping = _connections.Count > 1;
                goOn = _isSweeping;
            }

            await Task.WhenAll(idle.Select(c => c.DisposeAsync().AsTask()));
        }
    }

    private sealed record Waiter(Func<CancellationToken, Task<Stream>> Connect)
    {
        public TaskCompletionSource<GuestConnection> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
