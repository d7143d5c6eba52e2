using System.Globalization;
using AgentSandbox.Backends;
using AgentSandbox.Benchmarks.Rows;

namespace AgentSandbox.Benchmarks;

/// <summary>Measures everything in one run and prints it. Exit code 0 unless something broke: a missed target is a result, not a failure.</summary>
internal static class Program
{
    private const int DefaultRounds = 20;

    private static async Task<int> Main(string[] args)
    {
        if (args is not [string artifacts, .. string[] rest] || ReadOptions(rest) is not (int rounds, string only))
        {
            await Console.Error.WriteLineAsync("usage: AgentSandbox.Benchmarks ARTIFACTS [--rounds N] [--only TEXT]");
            return 2;
        }

        string module = Path.Combine(artifacts, "module", "AgentSandbox", "AgentSandbox.psd1");

        SandboxPrograms.Folder = Path.Combine(artifacts, "bin");
        await using Bench bench = await Bench.CreateAsync(rounds);
        (string Name, Func<Task> Measure)[] rows =
        [
            ("throw-away sandboxes", () => ThrowAwayRow.MeasureAsync(bench)),
            ("throw-away containers", () => ThrowAwayContainerRow.MeasureAsync(bench)),
            ("commands", () => CommandRow.MeasureAsync(bench)),
            ("commands in containers", () => ContainerCommandRow.MeasureAsync(bench)),
            ("copying into and out of containers", () => ContainerCopyRow.MeasureAsync(bench)),
            ("checkpoints", () => CheckpointRow.MeasureAsync(bench)),
            ("throughput", () => ThroughputRow.MeasureAsync(bench)),
            ("isolation", () => IsolationRow.MeasureAsync(bench)),
            ("memory", () => MemoryRow.MeasureAsync(bench)),
            ("import", () => ImportRow.MeasureAsync(bench, module)),
            ("script blocks and sessions", () => ScriptBlockRow.MeasureAsync(bench, module)),
        ];
        foreach ((string name, Func<Task> measure) in rows.Where(row => row.Name.Contains(only, StringComparison.OrdinalIgnoreCase)))
        {
            await Console.Error.WriteLineAsync($"measuring {name} ...");
            await measure();
        }

        if (only.Length > 0)
        {
            bench.Results.Note($"only what has '{only}' in its name was measured.");
        }

        if (bench.Docker is null)
        {
            bench.Results.Note("no Docker engine answers here, so docker is not in the table; start one and run this again to have it.");
        }

        bench.Results.Note($"{rounds} rounds, contenders interleaved, two warm-up rounds each; {Environment.ProcessorCount} CPUs, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}.");
        bench.Results.Print();
        return 0;
    }

    private static (int Rounds, string Only)? ReadOptions(string[] args)
    {
        (int rounds, string only) = (DefaultRounds, "");
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            switch (args[i])
            {
                case "--rounds" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n is > 0 and <= 10_000:
                    rounds = n;
                    break;
                case "--only" when value is not null:
                    only = value;
                    break;
                default:
                    return null;
            }
        }

        return (rounds, only);
    }
}
