using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>
/// Keeps connections to guests open for the next command. A key names one life of a sandbox (its id and a start's generation), so that a restarted
/// sandbox is never reached through an old connection. At most <see cref="MaxConnections"/> connections a key: several processes share the
/// <see cref="ProtocolLimits.MaxConnections"/> that a guest serves. Thread-safe.
/// </summary>
internal sealed class GuestConnectionPool : IAsyncDisposable
{
    /// <summary>Connections that one process opens to one sandbox.</summary>
    public const int MaxConnections = 8;

    private readonly ConnectionOptions _options;
    private readonly object _gate = new();
    private readonly Dictionary<string, PooledConnections> _entries = [];
    private bool _disposed;

    /// <summary>Creates an empty pool.</summary>
    /// <param name="options">Deadlines; the product's when null.</param>
    public GuestConnectionPool(ConnectionOptions? options = null) => _options = options ?? ConnectionOptions.Default;

    /// <summary>Starts a command over a connection that has a free channel; opens one, or waits for a channel, when there is none.</summary>
    /// <param name="key">The sandbox's id and generation.</param>
    /// <param name="connect">Opens a stream to the sandbox's guest. Its token is cancelled by <see cref="Drop"/> and by a deadline, not by this call's token, since other callers may wait for the same connection.</param>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>The running command.</returns>
    /// <exception cref="SandboxException">It could not be started, or no connection could be opened.</exception>
    public async Task<SandboxCommand> StartAsync(string key, Func<CancellationToken, Task<Stream>> connect, CommandSpecification command, CancellationToken cancellationToken)
    {
        for (bool isRetry = false; ; isRetry = true)
        {
            PooledConnections entry = Entry(key);
            (GuestConnection connection, bool wasIdle) = await entry.AcquireAsync(connect, cancellationToken);
            try
            {
                return await connection.StartReservedAsync(command, cancellationToken);
            }
            catch (SandboxException e) when (!isRetry && wasIdle && e.ErrorId == SandboxErrorId.GuestDisconnected && !connection.IsOpen)
            {
                // It broke while it lay idle (the sandbox was restarted, say), which only sending shows. A guest that ran the command has
                // lost it together with the connection, so it is started at most once more and never runs twice at a time.
                entry.Forget(connection);
            }
        }
    }

    /// <summary>Adds a connection that exists already. It is never closed for lying idle: a sandbox may end with it.</summary>
    /// <param name="key">The key of <see cref="StartAsync"/>.</param>
    /// <param name="connection">The connection; it belongs to the pool from now on.</param>
    public void Adopt(string key, GuestConnection connection)
    {
        connection.IsPinned = true;
        Entry(key).Adopt(connection);
    }

    /// <summary>Closes a sandbox's connections. Commands on them fail with <see cref="SandboxErrorId.GuestDisconnected"/>.</summary>
    /// <param name="key">The key of <see cref="StartAsync"/>.</param>
    public void Drop(string key)
    {
        PooledConnections? entry;
        lock (_gate)
        {
            _entries.Remove(key, out entry);
        }

        entry?.Close();
    }

    /// <summary>As <see cref="Drop"/>, for all keys with a beginning.</summary>
    /// <param name="prefix">The beginning.</param>
    public void DropAll(string prefix)
    {
        string[] keys;
        lock (_gate)
        {
            keys = [.. _entries.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal))];
        }

        foreach (string key in keys)
        {
            Drop(key);
        }
    }

    /// <summary>Closes all connections.</summary>
    /// <returns>A task that completes when they are closed.</returns>
    public async ValueTask DisposeAsync()
    {
        PooledConnections[] entries;
        lock (_gate)
        {
            _disposed = true;
            entries = [.. _entries.Values];
            _entries.Clear();
        }

        await Task.WhenAll(entries.Select(e => e.Close()));
    }

    private PooledConnections Entry(string key)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (!_entries.TryGetValue(key, out PooledConnections? entry))
            {
                entry = new PooledConnections(_options);
                _entries.Add(key, entry);
            }

            return entry;
        }
    }
}
