using AgentSandbox.Guest.Serve.Loop;

namespace AgentSandbox.Guest.Serve.Init;

/// <summary>Calls when a time of the wall clock has come. The clock may be set at any moment, so it is looked at again each minute.</summary>
internal sealed class Expiry : ITimed
{
    private const long LongestWait = 60_000;
    private readonly EventLoop _loop;
    private readonly long _expires;
    private readonly Action _expired;

    /// <summary>Starts to wait.</summary>
    /// <param name="loop">Gives the time between looks.</param>
    /// <param name="unixSeconds">When.</param>
    /// <param name="expired">Called once.</param>
    public Expiry(EventLoop loop, long unixSeconds, Action expired)
    {
        _loop = loop;
        _expires = unixSeconds * 1000;
        _expired = expired;
        loop.CallAt(loop.Now, this);
    }

    /// <inheritdoc/>
    public void OnTime(long now)
    {
        long left = _expires - DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        if (left <= 0)
        {
            _expired();
        }
        else
        {
            _loop.CallAt(now + Math.Min(left, LongestWait), this);
        }
    }
}
