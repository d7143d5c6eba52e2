using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.ProcessTree;

/// <summary>Ends all processes of a command: SIGTERM, time to clean up, then SIGKILL until none is left.</summary>
internal sealed class TreeEnding : ITimed
{
    private const int ShortestWait = 2;
    private const int LongestWait = 100;

    /// <summary>Milliseconds between SIGHUP and SIGTERM.</summary>
    private const int HangUpGrace = 250;

    /// <summary>Milliseconds of SIGKILL after which what is left can't be killed: it hangs in the kernel.</summary>
    private const int GiveUpAfter = 10_000;

    private readonly EventLoop _loop;
    private readonly TreeSignaller _signaller;
    private readonly CommandTree _tree;
    private readonly Action? _done;
    private readonly long _killAt;
    private long _terminateAt;
    private int _wait = ShortestWait;
    private bool _isDone;

    private TreeEnding(EventLoop loop, TreeSignaller signaller, CommandTree tree, long terminateAt, long killAt, Action? done)
    {
        _terminateAt = terminateAt;
        _loop = loop;
        _signaller = signaller;
        _tree = tree;
        _killAt = killAt;
        _done = done;
    }

    /// <summary>SIGTERM now, SIGKILL after <see cref="ProtocolLimits.KillGrace"/>.</summary>
    /// <param name="loop">Gives the time.</param>
    /// <param name="signaller">Finds the processes.</param>
    /// <param name="tree">The command.</param>
    /// <param name="hangUp">
    /// SIGHUP first, and SIGTERM a moment later: an interactive shell ignores SIGTERM, and who has something to do at a hang-up is to get to it. To all,
    /// since the kernel's own goes to the foreground only.
    /// </param>
    /// <param name="done">Called once, later, when none is left and the leader is reaped, or nothing more can be done.</param>
    public static void Gracefully(EventLoop loop, TreeSignaller signaller, CommandTree tree, bool hangUp, Action done)
    {
        signaller.Signal(tree, hangUp ? Os.SIGHUP : Os.SIGTERM);
        signaller.Signal(tree, Os.SIGCONT); // A stopped process sees neither.
        long killAt = loop.Now + (long)ProtocolLimits.KillGrace.TotalMilliseconds;
        loop.CallAt(loop.Now + ShortestWait, new TreeEnding(loop, signaller, tree, hangUp ? loop.Now + HangUpGrace : long.MaxValue, killAt, done));
    }

    /// <summary>Waits for those that were sent SIGTERM before, and sends SIGKILL at a time.</summary>
    /// <param name="loop">Gives the time.</param>
    /// <param name="signaller">Finds the processes.</param>
    /// <param name="tree">The command, whose leader is reaped.</param>
    /// <param name="terminate">They were hung up on only, and get the SIGTERM now.</param>
    /// <param name="killAt">When.</param>
    /// <param name="done">As above; at once when none is left already.</param>
    public static void Remaining(EventLoop loop, TreeSignaller signaller, CommandTree tree, bool terminate, long killAt, Action done)
    {
        if (signaller.SeesProcesses && signaller.IsAlive(tree, loop.Now))
        {
            loop.CallAt(loop.Now + ShortestWait, new TreeEnding(loop, signaller, tree, terminate ? loop.Now : long.MaxValue, killAt, done));
        }
        else
        {
            done();
        }
    }

    /// <summary>SIGKILL now, and again while processes are found: one that forks in the same moment must not escape.</summary>
    public static void AtOnce(EventLoop loop, TreeSignaller signaller, CommandTree tree)
    {
        if (signaller.Signal(tree, Os.SIGKILL) && signaller.SeesProcesses)
        {
            loop.CallAt(loop.Now + ShortestWait, new TreeEnding(loop, signaller, tree, long.MaxValue, loop.Now, null));
        }
    }

    /// <inheritdoc/>
    public void OnTime(long now)
    {
        if (_isDone)
        {
            return;
        }

        if (now >= _terminateAt)
        {
            _terminateAt = long.MaxValue;
            _signaller.Signal(_tree, Os.SIGTERM);
            _signaller.Signal(_tree, Os.SIGCONT);
        }

        bool alive = now >= _killAt ? _signaller.Signal(_tree, Os.SIGKILL) : _signaller.IsAlive(_tree, now);
        if ((!alive && !_tree.LeaderIsAlive) || now >= _killAt + GiveUpAfter)
        {
            _isDone = true;
            _done?.Invoke();
            return;
        }

        _wait = Math.Min(_wait * 2, LongestWait);
        _loop.CallAt(Math.Min(now + _wait, now < _killAt ? _killAt : long.MaxValue), this);
    }
}
