using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Connections;
using AgentSandbox.Guest.Serve.Loop;

namespace AgentSandbox.Guest.Serve;

/// <summary>Ties signals, connections and the orderly shutdown together.</summary>
internal sealed unsafe class Server : IEventHandler
{
    private const int SignalInfoSize = 128; // struct signalfd_siginfo, signalfd(2); ssi_signo is its first field.
    private const int SenderOffset = 12; // ssi_pid: 0 for a process that this process namespace does not show.
    private readonly bool _isInit = Libc.GetPid() == 1;
    private readonly ServerContext _context;
    private readonly List<Connection> _connections = [];
    private readonly Listener _listener;
    private readonly int _signals;
    private int _lifeline;
    private bool _launcherIsGone;

    /// <summary>Starts to serve.</summary>
    /// <param name="context">Shared parts.</param>
    /// <param name="listeningSocket">Where hosts connect.</param>
    /// <param name="signals">A signalfd(2).</param>
    /// <param name="lifeline">See <see cref="StartUp.Descriptors.Lifeline"/>.</param>
    public Server(ServerContext context, int listeningSocket, int signals, int lifeline)
    {
        _lifeline = lifeline;
        if (lifeline >= 0)
        {
            context.Loop.Watch(lifeline, Os.EPOLLIN, this);
        }

        _context = context;
        _signals = signals;
        _listener = new Listener(context, listeningSocket, _connections);
        context.Loop.Watch(signals, Os.EPOLLIN, this);
        context.Loop.AfterEachBatch(EndTurn);
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
            _launcherIsGone = Libc.GetPid() == 1;
            return;
        }

        byte* info = stackalloc byte[SignalInfoSize];
        while (Libc.Read(_signals, info, SignalInfoSize) == SignalInfoSize)
        {
            // As PID 1: only from outside. A sender that has a number in here is a command, whose root may signal the guest as well.
            bool isFromInside = _isInit && *(uint*)(info + SenderOffset) != 0;
            if (*(int*)info != Os.SIGCHLD && !isFromInside)
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
        _listener.Close();
        foreach (Connection connection in _connections)
        {
            connection.EndCommands();
        }
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

        // The last EXIT frames were sent above, as far as the hosts took them.
        _context.Loop.Stopped = _context.IsShuttingDown && (_context.Endings == 0 || _launcherIsGone);
    }
}
