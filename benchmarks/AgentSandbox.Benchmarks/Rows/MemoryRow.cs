using System.Globalization;
using AgentSandbox.Benchmarks.Measuring;

namespace AgentSandbox.Benchmarks.Rows;

/// <summary>Resident memory of what one idle sandbox costs: its supervisor and its guest, VmRSS of proc(5).</summary>
internal static class MemoryRow
{
    private const double MostMebibytes = 16;
    private static readonly TimeSpan s_idle = TimeSpan.FromSeconds(2);

    /// <summary>Measures the row.</summary>
    /// <param name="bench">What it needs.</param>
    /// <returns>A task that completes when it is measured.</returns>
    public static async Task MeasureAsync(Bench bench)
    {
        Sandbox sandbox = await bench.Manager.CreateAsync(new() { Name = "bench-idle", Backend = "Nspawn" });
        try
        {
            await bench.RunAsync(sandbox.Id, Bench.True);
            await Task.Delay(s_idle);
            var rows = Processes(sandbox).GroupBy(p => p.Name).ToDictionary(g => g.Key, g => g.Sum(p => p.Kibibytes) / 1024.0);
            foreach (string name in (string[])["agentsandbox", "agentsandbox-guest"])
            {
                if (!rows.ContainsKey(name))
                {
                    throw new InvalidOperationException($"No process '{name}' of the idle sandbox was found, so its memory can't be measured.");
                }
            }

            bench.Results.Add("idle sandbox, resident", rows.ToDictionary(r => r.Key, r => new Samples([r.Value])), "agentsandbox", "MiB");
            double ours = rows["agentsandbox"] + rows["agentsandbox-guest"];
            bench.Results.Target($"supervisor and guest of an idle sandbox: below {MostMebibytes} MiB together", $"{Results.Number(ours)} MiB", ours < MostMebibytes);
        }
        finally
        {
            await bench.Manager.RemoveAsync(sandbox.Id);
        }
    }

    /// <summary>The sandbox's own: its supervisor and launcher have its id among their arguments, its guest is its first process.</summary>
    private static IEnumerable<(string Name, long Kibibytes)> Processes(Sandbox sandbox)
    {
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                continue;
            }

            string name;
            long kibibytes;
            try
            {
                string commandLine = File.ReadAllText($"{folder}/cmdline");
                if (id != sandbox.ProcessId && !commandLine.Contains(sandbox.Id, StringComparison.Ordinal))
                {
                    continue;
                }

                name = Path.GetFileName(commandLine.Split('\0')[0]);
                string? line = File.ReadLines($"{folder}/status").FirstOrDefault(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
                kibibytes = line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It ended while it was looked at.
                continue;
            }

            if (name is "agentsandbox" or "agentsandbox-guest" or "systemd-nspawn")
            {
                yield return (name, kibibytes);
            }
        }
    }
}
