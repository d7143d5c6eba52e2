using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Connections;
using AgentSandbox.Guest.Serve.Init;
using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Guest.Serve.ProcessTree;
using AgentSandbox.Guest.Serve.StartUp;

namespace AgentSandbox.Guest.Serve;

/// <summary>Ties signals, connections and the orderly shutdown together.</summary>
internal sealed unsafe class Server : IEventHandler
{
    private const int SignalInfoSize = 128; // struct signalfd_siginfo, signalfd(2); ssi_signo is its first field.
    private const int SenderOffset = 12; // ssi_pid: 0 for a process that this process namespace does not show.
    private readonly bool _isInit = Libc.GetPid() == 1;
    private readonly ServerContext _context;
    private readonly OtherProcesses _others;
    private readonly List<Connection> _connections = [];
    private readonly int _signals;
    private Listener? _listener;
    private StandardConnection? _standard;
    private SandboxEnding? _ending;
    private IdleWatch? _idle;
    private int _lifeline = -1;
    private bool _launcherIsGone;

    /// <summary>Prepares to serve.</summary>
    /// <param name="context">Shared parts.</param>
    /// <param name="signals">A signalfd(2).</param>
    /// <param name="others">Whom the first process of a sandbox ends with it.</param>
    public Server(ServerContext context, int signals, OtherProcesses others)
    {
        _context = context;
        _signals = signals;
        _others = others;
        context.Loop.Watch(signals, Os.EPOLLIN, this);
        context.Loop.AfterEachBatch(EndTurn);
    }

    /// <summary>Serves the connections of a socket.</summary>
    /// <param name="listeningSocket">Where hosts connect.</param>
    /// <param name="lifeline">See <see cref="StartUp.Descriptors.Lifeline"/>.</param>
    public void Listen(int listeningSocket, int lifeline)
    {
        _listener = new Listener(_context, listeningSocket, _connections);
        _lifeline = lifeline;
        if (lifeline >= 0)
        {
            _context.Loop.Watch(lifeline, Os.EPOLLIN, this);
        }
    }

    /// <summary>Serves the one connection that the guest was started with.</summary>
    public void ServeStandardStreams(ServeOptions options)
    {
        _standard = new StandardConnection(_context, _isInit, options.EndWithInput);
        _connections.Add(_standard.Connection);
    }

    /// <summary>Sets when to end without being asked.</summary>
    public void Limit(ServeOptions options, ProcFileSystem? proc)
    {
        if (options.Expires is long expires)
        {
            _ = new Expiry(_context.Loop, expires, EndAtOnce);
        }

        if (options.IdleTimeout is long seconds && _isInit)
        {
            _idle = new IdleWatch(_context, proc ?? throw new StartUpException("Option '--idle-timeout' needs /proc."), seconds, ShutDown);
        }
    }

    /// <summary>Serves until a signal asks for the end, and all commands have ended.</summary>
    /// <returns>The exit code of the guest.</returns>
    public int Run()
    {
        _context.Loop.Run();
        return 0;
    }

    /// <summary>A signal has arrived, or the launcher is gone.</summary>
    public void OnReady(int descriptor, uint events)
    {
        if (descriptor == _lifeline)
        {
            _context.Loop.Close(ref _lifeline);
            ShutDown();
            // The first process of a namespace takes all others with it; elsewhere the commands are ended one by one.
            _launcherIsGone = _isInit;
            return;
        }

        byte* info = stackalloc byte[SignalInfoSize];
        while (Libc.Read(_signals, info, SignalInfoSize) == SignalInfoSize)
        {
            // As PID 1: only from outside. A sender that has a number in here is a command, whose root may signal the guest as well.
            bool isFromInside = _isInit && *(uint*)(info + SenderOffset) != 0;
            if (*(int*)info == Os.SIGCHLD)
            {
                _idle?.OnHint();
            }
            else if (!isFromInside)
            {
                ShutDown();
            }
        }

        _context.Reaper.Reap();
    }

    private void ShutDown()
    {
        if (_context.IsShuttingDown)
        {
            return;
        }

        _context.IsShuttingDown = true;
        _listener?.Close();
        foreach (Connection connection in _connections)
        {
            connection.EndCommands();
        }

        if (_isInit && _standard is not null)
        {
            _ending = new SandboxEnding(_context, _others);
        }
    }

    /// <summary>The time is over: no grace. The first process takes all others with it; elsewhere the commands have to be killed.</summary>
    private void EndAtOnce()
    {
        if (!_isInit)
        {
            foreach (CommandTree tree in _context.Running)
            {
                _context.Signaller.Signal(tree, Os.SIGKILL);
            }
        }

        Libc.ExitNow(0);
    }

    private void EndTurn()
    {
        for (int i = _connections.Count - 1; i >= 0; i--)
        {
            _connections[i].EndTurn();
            if (_connections[i].IsClosed)
            {
                _connections.RemoveAt(i);
            }
        }

        if (_standard is not null)
        {
            _standard.EndTurn();
            if (_standard.AsksForEnd)
            {
                ShutDown();
            }
        }

        // The last EXIT frames were sent above, as far as the hosts took them.
        _context.Loop.Stopped = _context.IsShuttingDown && ((_ending?.IsDone ?? _context.Endings == 0) || _launcherIsGone);
    }
}
