using AgentSandbox.Guest.Serve.Loop;

namespace AgentSandbox.Guest.Serve;

/// <summary>Gives memory back to the kernel when the last command has ended a while ago: a machine may hold a hundred idle guests.</summary>
internal sealed class IdleTrim : ITimed
{
    /// <summary>Long enough that a host which runs one command after the other never waits for it.</summary>
    private const int QuietMilliseconds = 1000;

    /// <summary>Allocations that are worth a collection, in bytes.</summary>
    private const long Threshold = 256 * 1024;
    private readonly EventLoop _loop;
    private long _trimmedAt;
    private long _quietSince;
    private bool _isTimed;

    /// <summary>The start has allocated as well, so the first trim comes by itself.</summary>
    public IdleTrim(EventLoop loop)
    {
        _loop = loop;
        OnActivity();
    }

    /// <summary>A command has ended, or something else has used memory.</summary>
    public void OnActivity()
    {
        _quietSince = _loop.Now;
        if (!_isTimed)
        {
            _isTimed = true;
            _loop.CallAt(_quietSince + QuietMilliseconds, this);
        }
    }

    /// <inheritdoc/>
    public void OnTime(long now)
    {
        _isTimed = false;
        if (now < _quietSince + QuietMilliseconds)
        {
            _isTimed = true;
            _loop.CallAt(_quietSince + QuietMilliseconds, this);
        }
        else if (GC.GetTotalAllocatedBytes() - _trimmedAt > Threshold)
        {
            // Twice: what the pools held is let go in the first, and its memory returned in the second.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            _trimmedAt = GC.GetTotalAllocatedBytes();
        }
    }
}
