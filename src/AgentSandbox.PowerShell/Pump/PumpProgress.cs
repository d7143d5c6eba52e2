using System.Diagnostics;
using System.Management.Automation;

namespace AgentSandbox.PowerShell.Pump;

/// <summary>Turns the library's reports into progress records, at most ten a second: a bar that slows the work down helps nobody.</summary>
/// <typeparam name="T">The library's report.</typeparam>
/// <param name="pump">Where the records go.</param>
/// <param name="describe">Makes a record of a report.</param>
internal sealed class PumpProgress<T>(OutputPump pump, Func<T, ProgressRecord> describe) : IProgress<T>
{
    private static readonly long s_interval = Stopwatch.Frequency / 10;

    private long _last = Stopwatch.GetTimestamp() - s_interval;

    /// <inheritdoc/>
    public void Report(T value)
    {
        long now = Stopwatch.GetTimestamp();
        long last = Interlocked.Read(ref _last);
        if (now - last < s_interval || Interlocked.CompareExchange(ref _last, now, last) != last)
        {
            return;
        }

        ProgressRecord record = describe(value);
        pump.TryWrite(cmdlet => cmdlet.WriteProgress(record));
    }
}
