using System.Diagnostics;

namespace AgentSandbox.Connection.FileChannel;

/// <summary>The time of a file channel, so that a test of its 60 seconds does not take them.</summary>
internal class ChannelClock
{
    /// <summary>The machine's.</summary>
    public static ChannelClock System { get; } = new();

    /// <summary>Milliseconds since some moment; never goes back.</summary>
    public virtual long Now => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    /// <summary>Waits for a signal or until the time is over.</summary>
    /// <param name="signal">Released by whoever has something to do.</param>
    /// <param name="milliseconds">The longest wait; 0 only lets others run.</param>
    /// <returns>True when it was the signal.</returns>
    public virtual Task<bool> WaitAsync(SemaphoreSlim signal, int milliseconds)
    {
        if (milliseconds == 0)
        {
            Thread.Yield();
        }

        return signal.WaitAsync(milliseconds);
    }

    /// <summary>Waits.</summary>
    /// <param name="milliseconds">How long.</param>
    /// <returns>The wait.</returns>
    public virtual Task DelayAsync(int milliseconds) => Task.Delay(milliseconds);
}
