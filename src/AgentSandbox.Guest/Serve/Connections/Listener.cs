using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Connections;

/// <summary>Accepts connections, at most <see cref="ProtocolLimits.MaxConnections"/> at once; one more is told so and closed.</summary>
internal sealed class Listener : IEventHandler, ITimed
{
    private const int RetryMilliseconds = 100;
    private readonly ServerContext _context;
    private readonly List<Connection> _connections;
    private int _socket;

    /// <summary>Starts to accept.</summary>
    /// <param name="context">For the connections.</param>
    /// <param name="socket">A listening, non-blocking socket.</param>
    /// <param name="connections">Receives them; the caller removes closed ones.</param>
    public Listener(ServerContext context, int socket, List<Connection> connections)
    {
        _context = context;
        _socket = socket;
        _connections = connections;
        OnTime(0);
    }

    /// <summary>Stops accepting.</summary>
    public void Close() => _context.Loop.Close(ref _socket);

    /// <inheritdoc/>
    public void OnReady(int descriptor, uint events)
    {
        while (true)
        {
            int socket = AcceptOne();
            if (socket < 0)
            {
                int errno = Libc.Errno;
                if (errno is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM or Errno.ENOBUFS)
                {
                    // The connection stays in the queue and would be reported for ever; look again when something may have been freed.
                    _context.Loop.Watch(_socket, 0, this);
                    _context.Loop.CallAt(_context.Loop.Now + RetryMilliseconds, this);
                }

                return;
            }

            var connection = new Connection(_context, new HostStream(_context.Loop, socket));
            if (_connections.Count >= ProtocolLimits.MaxConnections)
            {
                connection.Fail(FailKind.Busy, "Too many connections.");
                connection.EndTurn();
            }
            else
            {
                _connections.Add(connection);
            }
        }
    }

    /// <inheritdoc/>
    public void OnTime(long now)
    {
        if (_socket >= 0 && !_context.Loop.Watch(_socket, Os.EPOLLIN, this))
        {
            _context.Loop.CallAt(_context.Loop.Now + RetryMilliseconds, this);
        }
    }

    private unsafe int AcceptOne() => Libc.Accept4(_socket, null, null, Os.SOCK_NONBLOCK | Os.SOCK_CLOEXEC);
}
