using AgentSandbox.Connection.FileChannel;

namespace AgentSandbox.Tests.FileChannel;

/// <summary>A clock that every wait moves on at once, so that a minute takes a moment.</summary>
internal sealed class SteppedClock : ChannelClock
{
    private long _now;

    public override long Now => Interlocked.Read(ref _now);

    public override async Task<bool> WaitAsync(SemaphoreSlim signal, int milliseconds)
    {
        bool signalled = signal.Wait(0);
        await DelayAsync(signalled ? 1 : Math.Max(1, milliseconds));
        return signalled;
    }

    public override async Task DelayAsync(int milliseconds)
    {
        await Task.Yield();
        Interlocked.Add(ref _now, milliseconds);
    }
}
