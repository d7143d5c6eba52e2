using System.Diagnostics;

namespace AgentSandbox.Benchmarks.Measuring;

/// <summary>Runs contenders in turn, round by round, so that what the machine does meanwhile hits all of them alike.</summary>
internal static class Rounds
{
    private const int WarmUp = 2;

    /// <summary>Measures contenders.</summary>
    /// <param name="contenders">The contenders.</param>
    /// <param name="rounds">How often each is measured.</param>
    /// <returns>The times of each, in milliseconds, by name.</returns>
    public static async Task<IReadOnlyDictionary<string, Samples>> MeasureAsync(IReadOnlyList<Contender> contenders, int rounds)
    {
        var times = contenders.ToDictionary(c => c.Name, _ => new List<double>(rounds));
        for (int round = -WarmUp; round < rounds; round++)
        {
            // The order turns from round to round: nobody always comes after the same neighbour.
            for (int i = 0; i < contenders.Count; i++)
            {
                Contender contender = contenders[(i + round + WarmUp) % contenders.Count];
                long start = Stopwatch.GetTimestamp();
                await contender.Run();
                double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                if (round >= 0)
                {
                    times[contender.Name].Add(milliseconds);
                }
            }
        }

        return times.ToDictionary(t => t.Key, t => new Samples(t.Value));
    }
}
