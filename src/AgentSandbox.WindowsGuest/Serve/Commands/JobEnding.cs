using AgentSandbox.WindowsGuest.Native;

namespace AgentSandbox.WindowsGuest.Serve.Commands;

/// <summary>Waits for a job to have no processes left.</summary>
internal static class JobEnding
{
    private const int ShortestWait = 2;
    private const int LongestWait = 100;

    /// <summary>How long a killed process may hang in the kernel before its EXIT is sent all the same.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromSeconds(10);

    /// <summary>Waits.</summary>
    /// <param name="job">The job.</param>
    /// <param name="time">How long at most.</param>
    /// <returns>False when processes are left.</returns>
    public static async Task<bool> IsEmptyWithinAsync(JobObject job, TimeSpan time)
    {
        long until = GuestClock.Now + (long)time.TotalMilliseconds;
        int wait = ShortestWait;
        while (job.ActiveProcesses > 0)
        {
            if (GuestClock.Now >= until)
            {
                return false;
            }

            await Task.Delay(wait).ConfigureAwait(false);
            wait = Math.Min(wait * 2, LongestWait);
        }

        return true;
    }
}
