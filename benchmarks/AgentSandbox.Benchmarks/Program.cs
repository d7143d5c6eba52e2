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
        if (args is not [string artifacts, .. string[] rest] || ReadRounds(rest) is not { } rounds)
        {
            await Console.Error.WriteLineAsync("usage: AgentSandbox.Benchmarks ARTIFACTS [--rounds N]");
            return 2;
        }

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
            ("import", () => ImportRow.MeasureAsync(bench, Path.Combine(artifacts, "module", "AgentSandbox", "AgentSandbox.psd1"))),
        ];
        foreach ((string name, Func<Task> measure) in rows)
        {
            await Console.Error.WriteLineAsync($"measuring {name} ...");
            await measure();
        }

        if (bench.Docker is null)
        {
            bench.Results.Note("no Docker engine answers here, so docker is not in the table; start one and run this again to have it.");
        }

        bench.Results.Note($"{rounds} rounds, contenders interleaved, two warm-up rounds each; {Environment.ProcessorCount} CPUs, {System.Runtime.InteropServices.RuntimeInformation.OSDescription}.");
        bench.Results.Print();
        return 0;
    }

    private static int? ReadRounds(string[] args) => args switch
    {
        [] => DefaultRounds,
        ["--rounds", string text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n is > 0 and <= 10_000 => n,
        _ => null,
    };
}
