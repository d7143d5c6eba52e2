using System.Globalization;
using AgentSandbox.Benchmarks.Measuring;

namespace AgentSandbox.Benchmarks.Rows;

/// <summary>Script blocks and sessions, beside PowerShell's own Start-Job. They are measured inside one PowerShell, as a user has them.</summary>
internal static class ScriptBlockRow
{
    private const string First = "first script block";
    private const string Second = "second script block";
    private const string Objects = "10,000 objects in and out";
    private const string Session = "session: open, run 1, remove";
    private const string Job = "Start-Job";
    private const string Fresh = "nspawn, first in its sandbox";
    private const string Warm = "nspawn, warm";
    private const string Opened = "nspawn, New-SandboxSession";
    private const double MostWarmMilliseconds = 50;

    private static readonly (string Row, string Ours, double MostOfJob)[] s_targets = [(First, Fresh, 1.5), (Objects, Warm, 1), (Session, Opened, 1.5)];

    /// <summary>Measures the rows.</summary>
    /// <param name="bench">What it needs.</param>
    /// <param name="module">Path of the built module's manifest.</param>
    /// <returns>A task that completes when they are measured.</returns>
    public static async Task MeasureAsync(Bench bench, string module)
    {
        string warmTarget = $"{Second}: at most {MostWarmMilliseconds} ms";
        if (Shell.Find("pwsh") is not { } pwsh)
        {
            const string Missing = "NO pwsh ON PATH: script blocks and sessions were NOT measured, their four rows are missing. Install it (dotnet tool install --global PowerShell) and run this again.";
            await Console.Error.WriteLineAsync(Missing);
            bench.Results.Note(Missing);
            bench.Results.Target(warmTarget, "no pwsh on PATH", null);
            foreach ((string row, _, double most) in s_targets)
            {
                bench.Results.Target(Target(row, most), "no pwsh on PATH", null);
            }

            return;
        }

        string script = Path.Combine(AppContext.BaseDirectory, "Rows", "ScriptBlockRow.ps1");
        string rounds = Math.Max(5, bench.Rounds / 2).ToString(CultureInfo.InvariantCulture);
        string output = await Shell.ReadAsync(pwsh, "-NoProfile", "-NonInteractive", "-File", script, module, rounds);
        Dictionary<string, Dictionary<string, Samples>> rows = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t'))
            .GroupBy(fields => fields[0])
            .ToDictionary(row => row.Key, row => row.GroupBy(fields => fields[1]).ToDictionary(times => times.Key, times => new Samples(times.Select(fields => double.Parse(fields[2], CultureInfo.InvariantCulture)))));

        bench.Results.Add(First, rows[First], Fresh, "ms");
        bench.Results.Add(Second, rows[Second], Warm, "ms");
        bench.Results.Add(Objects, rows[Objects], Warm, "ms");
        bench.Results.Add(Session, rows[Session], Opened, "ms");
        double warm = rows[Second][Warm].Median;
        bench.Results.Target(warmTarget, $"{Results.Number(warm)} ms", warm <= MostWarmMilliseconds);
        foreach ((string row, string ours, double most) in s_targets)
        {
            double ratio = rows[row][ours].Median / rows[row][Job].Median;
            bench.Results.Target(Target(row, most), $"{Results.Number(ratio)}x", ratio <= most);
        }
    }

    private static string Target(string row, double most) => $"{row}: at most {most.ToString(CultureInfo.InvariantCulture)}x of Start-Job";
}
