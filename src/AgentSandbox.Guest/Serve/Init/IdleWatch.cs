using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Guest.Serve.ProcessTree;

namespace AgentSandbox.Guest.Serve.Init;

/// <summary>
/// Calls when no command ran in the sandbox for a time: neither one of the first process itself nor one of the servers that were started beside
/// it. Looks each second, and when a server says that it has begun to work.
/// </summary>
internal sealed class IdleWatch : ITimed
{
    private const int LookEvery = 1000;

    /// <summary>Anybody in the sandbox can send the signal that asks for a look.</summary>
    private const int ShortestRest = 100;
    private readonly ServerContext _context;
    private readonly ServerActivity _servers;
    private readonly long _timeout;
    private readonly Action _expired;
    private long _lastActivity;
    private long _lastLook;
    private long _started;

    /// <summary>Starts to wait.</summary>
    /// <param name="context">Shared parts.</param>
    /// <param name="proc">Shows the servers.</param>
    /// <param name="seconds">How long nothing may happen.</param>
    /// <param name="expired">Called once.</param>
    public IdleWatch(ServerContext context, ProcFileSystem proc, long seconds, Action expired)
    {
        _context = context;
        _servers = new ServerActivity(proc);
        _timeout = seconds * 1000;
        _expired = expired;
        _lastActivity = context.Loop.Now;
        context.Loop.CallAt(context.Loop.Now + LookEvery, this);
    }

    /// <summary>A server may have begun to work.</summary>
    public void OnHint()
    {
        if (_context.Loop.Now >= _lastLook + ShortestRest)
        {
            Look(_context.Loop.Now);
        }
    }

    /// <inheritdoc/>
    public void OnTime(long now)
    {
        Look(now);
        if (now >= _lastActivity + _timeout)
        {
            _expired();
        }
        else
        {
            _context.Loop.CallAt(now + LookEvery, this);
        }
    }

    private void Look(long now)
    {
        _lastLook = now;
        bool isActive = _servers.Look() | _context.Running.Count > 0 | _started != _context.Started;
        _started = _context.Started;
        if (isActive)
        {
            _lastActivity = now;
        }
    }
}
