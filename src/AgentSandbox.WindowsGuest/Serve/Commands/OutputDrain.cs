using AgentSandbox.Protocol;

namespace AgentSandbox.WindowsGuest.Serve.Commands;

/// <summary>
/// Waits for the rest of a command's output after its first process has ended: to the end of both pipes, or, when a process left behind keeps
/// them open, until 250 ms of silence, 2 s at most, counted only while the host takes data. What was in the pipes at the exit is always delivered.
/// </summary>
internal static class OutputDrain
{
    private const int Interval = 10;

    /// <summary>Waits.</summary>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="bothEnded">Completes when both pipes have ended.</param>
    /// <param name="isCancelled">Whether somebody ends the command meanwhile.</param>
    /// <returns>True when output was still arriving.</returns>
    public static async Task<bool> RunAsync(OutputPump output, OutputPump error, Task bothEnded, Func<bool> isCancelled)
    {
        long last = GuestClock.Now;
        long quietSince = last;
        double total = 0;
        output.OnLeaderExit();
        error.OnLeaderExit();
        while (!isCancelled() && (output.IsOpen || error.IsOpen))
        {
            await Task.WhenAny(bothEnded, Task.Delay(Interval)).ConfigureAwait(false);
            long now = GuestClock.Now;
            long passed = now - last;
            last = now;
            if (output.IsParked || error.IsParked)
            {
                quietSince = now;
                continue;
            }

            total += passed;
            long quiet = now - Math.Max(quietSince, Math.Max(output.LastOutput, error.LastOutput));
            bool isQuiet = quiet >= ProtocolLimits.DrainIdle.TotalMilliseconds;
            if (!output.Owes && !error.Owes && (isQuiet || total >= ProtocolLimits.DrainTotal.TotalMilliseconds))
            {
                return (output.IsOpen || error.IsOpen) && (!isQuiet || output.Available > 0 || error.Available > 0);
            }
        }

        return false;
    }
}
