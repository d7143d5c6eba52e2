using System.Globalization;
using AgentSandbox.Benchmarks.Measuring;

namespace AgentSandbox.Benchmarks.Rows;

/// <summary>Import-Module in a fresh PowerShell.</summary>
internal static class ImportRow
{
    private const double MostMilliseconds = 200;

    /// <summary>Measures the row.</summary>
    /// <param name="bench">What it needs.</param>
    /// <param name="module">Path of the built module's manifest.</param>
    /// <returns>A task that completes when it is measured.</returns>
    public static async Task MeasureAsync(Bench bench, string module)
    {
        string target = $"Import-Module: below {MostMilliseconds} ms";
        if (Shell.Find("pwsh") is not { } pwsh)
        {
            bench.Results.Target(target, "no pwsh on PATH", null);
            return;
        }

        string script = $"(Measure-Command {{ Import-Module '{module.Replace("'", "''", StringComparison.Ordinal)}' -ErrorAction Stop }}).TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)";
        var times = new List<double>();
        for (int round = -1; round < Math.Max(5, bench.Rounds / 4); round++)
        {
            double milliseconds = double.Parse((await Shell.ReadAsync(pwsh, "-NoProfile", "-NonInteractive", "-Command", script)).Trim(), CultureInfo.InvariantCulture);
            if (round >= 0)
            {
                times.Add(milliseconds);
            }
        }

        const string Name = "Import-Module AgentSandbox";
        var samples = new Samples(times);
        bench.Results.Add("PowerShell", new Dictionary<string, Samples> { [Name] = samples }, Name, "ms");
        bench.Results.Target(target, $"{Results.Number(samples.Median)} ms", samples.Median < MostMilliseconds);
    }
}
