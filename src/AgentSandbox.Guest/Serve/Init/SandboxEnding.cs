using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Init;

/// <summary>
/// The orderly end of a whole sandbox, by its first process: everybody is asked, and has <see cref="ProtocolLimits.KillGrace"/>. The end of this
/// process is what kills the rest: the kernel takes all of a process namespace with its first, and waits for them (pid_namespaces(7)).
/// </summary>
internal sealed class SandboxEnding : ITimed
{
    private const int LookEvery = 20;

    /// <summary>Servers kill their commands after the same grace, and may still tell their hosts.</summary>
    private const int AfterGrace = 500;
    private readonly ServerContext _context;
    private readonly OtherProcesses _others;
    private readonly long _deadline;

    /// <summary>Asks all at once.</summary>
    public SandboxEnding(ServerContext context, OtherProcesses others)
    {
        _context = context;
        _others = others;
        _deadline = context.Loop.Now + (long)ProtocolLimits.KillGrace.TotalMilliseconds + AfterGrace;
        OnTime(context.Loop.Now);
    }

    /// <summary>Nobody is left, or nobody has to be waited for any more.</summary>
    public bool IsDone { get; private set; }

    /// <inheritdoc/>
    public void OnTime(long now)
    {
        bool othersLive = _others.AskToEnd(_context.Running);
        IsDone = (!othersLive && _context.Endings == 0) || now >= _deadline;
        if (!IsDone)
        {
            _context.Loop.CallAt(Math.Min(now + LookEvery, _deadline), this);
        }
    }
}
