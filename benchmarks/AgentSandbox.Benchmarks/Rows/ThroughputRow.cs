using System.Diagnostics;
using System.Globalization;
using AgentSandbox.Benchmarks.Measuring;
using AgentSandbox.Benchmarks.Peers;

namespace AgentSandbox.Benchmarks.Rows;

/// <summary>Megabytes a second through standard output.</summary>
internal static class ThroughputRow
{
    private const long Bytes = 512L << 20;
    private const string Ours = "nspawn, open connection";
    private const string DockerExec = "docker exec";

    /// <summary>Measures the row.</summary>
    /// <param name="bench">What it needs.</param>
    /// <returns>A task that completes when it is measured.</returns>
    public static async Task MeasureAsync(Bench bench)
    {
        string count = Bytes.ToString(CultureInfo.InvariantCulture);
        List<(string Name, Func<Task<long>> Run)> contenders =
        [
            (Ours, () => OursAsync(bench, count)),
            ("agentsandbox exec (nspawn)", () => Shell.CountAsync(Bench.Program, "exec", "bench-nspawn", "--", "head", "-c", count, "/dev/zero")),
            ("plain pipe", () => Shell.CountAsync("head", "-c", count, "/dev/zero")),
        ];
        if (bench.Docker is not null)
        {
            contenders.Add((DockerExec, () => Docker.ExecHeadAsync(Bytes)));
        }

        var speeds = contenders.ToDictionary(c => c.Name, _ => new List<double>());
        int rounds = Math.Max(3, bench.Rounds / 4);
        for (int round = -1; round < rounds; round++)
        {
            foreach ((string name, Func<Task<long>> run) in contenders)
            {
                long start = Stopwatch.GetTimestamp();
                long bytes = await run();
                double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
                if (bytes != Bytes)
                {
                    throw new InvalidOperationException($"{name}: {bytes} bytes came instead of {Bytes}.");
                }

                if (round >= 0)
                {
                    speeds[name].Add(Bytes / seconds / (1 << 20));
                }
            }
        }

        var samples = speeds.ToDictionary(s => s.Key, s => new Samples(s.Value));
        bench.Results.Add("standard output", samples, Ours, "MB/s");
        bool? met = samples.TryGetValue(DockerExec, out Samples? docker) ? samples[Ours].Median > docker.Median : null;
        bench.Results.Target("standard output: above docker exec's", docker is null ? "no Docker engine answers" : $"{Results.Number(samples[Ours].Median / docker.Median)}x", met);
    }

    private static async Task<long> OursAsync(Bench bench, string count)
    {
        await using SandboxCommand command = await bench.Manager.StartCommandAsync(bench.Nspawn, new() { Arguments = ["head", "-c", count, "/dev/zero"] });
        long bytes = await Shell.CountAsync(command.StandardOutput);
        _ = await command.Completion;
        return bytes;
    }
}
