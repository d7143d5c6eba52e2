using System.Diagnostics;

namespace AgentSandbox.WindowsGuest.Serve;

/// <summary>Milliseconds since some moment; never go back.</summary>
internal static class GuestClock
{
    /// <summary>Now.</summary>
    public static long Now => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);
}
