using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Channels;

/// <summary>
/// Decides when the output of a command is complete whose first process has ended. What was in its pipes at that moment is always delivered.
/// Then: end of file on both, or silence of <see cref="ProtocolLimits.DrainIdle"/>, or <see cref="ProtocolLimits.DrainTotal"/> in all: a process in
/// the background may hold the pipes for ever. While the host has no credit or does not read, the clocks stand still: a slow reader loses nothing.
/// </summary>
/// <param name="loop">Gives the time.</param>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
/// <param name="done">Called once; true when output was still arriving.</param>
internal sealed class OutputDrain(EventLoop loop, OutputStream output, OutputStream error, Action<bool> done) : ITimed
{
    private static readonly long Idle = (long)ProtocolLimits.DrainIdle.TotalMilliseconds;
    private static readonly long Total = (long)ProtocolLimits.DrainTotal.TotalMilliseconds;
    private long _idleAt;
    private long _totalAt;
    private long _parkedSince = -1;
    private bool _isDone;

    private bool IsComplete => !output.IsOpen && !error.IsOpen;

    private bool IsParked => output.IsParked || error.IsParked;

    /// <summary>Starts the clocks.</summary>
    public void Start()
    {
        _idleAt = loop.Now + Idle;
        _totalAt = loop.Now + Total;
        output.OnLeaderExit();
        error.OnLeaderExit();
        output.Pump();
        error.Pump();
        OnStreamEnd(); // Both may have ended long before.
        if (!_isDone)
        {
            loop.CallAt(_idleAt, this);
        }
    }

    /// <summary>Forgets about it: somebody else completes the command.</summary>
    public void Cancel() => _isDone = true;

    /// <summary>A stream has reached its end of file.</summary>
    public void OnStreamEnd()
    {
        if (!_isDone && IsComplete)
        {
            Complete(truncated: false);
        }
    }

    /// <summary>Bytes were sent.</summary>
    public void OnOutput() => _idleAt = loop.Now + Idle;

    /// <summary>The host takes no more for now.</summary>
    public void OnParked() => _parkedSince = _parkedSince < 0 ? loop.Now : _parkedSince;

    /// <summary>The host takes data again, on one stream at least.</summary>
    public void OnUnparked()
    {
        if (_parkedSince >= 0 && !IsParked)
        {
            _totalAt += loop.Now - _parkedSince;
            _idleAt = loop.Now + Idle;
            _parkedSince = -1;
        }
    }

    /// <inheritdoc/>
    public void OnTime(long now)
    {
        if (_isDone)
        {
            return;
        }

        if (IsParked)
        {
            loop.CallAt(now + Idle, this);
            return;
        }

        bool owes = output.Owed > 0 || error.Owed > 0;
        if (!owes && (now >= _idleAt || now >= _totalAt))
        {
            Complete(output.Available > 0 || error.Available > 0 || now < _idleAt);
            return;
        }

        loop.CallAt(owes ? now + 10 : Math.Min(_idleAt, _totalAt), this);
    }

    private void Complete(bool truncated)
    {
        _isDone = true;
        done(truncated);
    }
}
