using AgentSandbox.Benchmarks.Measuring;
using AgentSandbox.Benchmarks.Peers;

namespace AgentSandbox.Benchmarks.Rows;

/// <summary>/bin/true in a sandbox that runs already.</summary>
internal static class CommandRow
{
    private const string Ours = "nspawn, open connection";
    private const string DockerExec = "docker exec";
    private const double MostMilliseconds = 5;
    private const double LeastTimesFasterThanDocker = 20;
    private const int Repeat = 5;

    /// <summary>Measures the row.</summary>
    /// <param name="bench">What it needs.</param>
    /// <returns>A task that completes when it is measured.</returns>
    public static async Task MeasureAsync(Bench bench)
    {
        List<Contender> contenders =
        [
            new(Ours, () => bench.RunAsync(bench.Nspawn, Bench.True)),
            new("chroot, open connection", () => bench.RunAsync(bench.Chroot, Bench.True)),
            new("agentsandbox exec (nspawn)", () => Shell.RunAsync(Bench.Program, "exec", "bench-nspawn", "--", "/bin/true")),
            new("chroot /", () => Shell.RunAsync("chroot", "/", "/bin/true")),
        ];
        if (bench.Docker is not null)
        {
            contenders.Add(new(DockerExec, Docker.ExecTrueAsync));
        }

        IReadOnlyDictionary<string, Samples> samples = await Rounds.MeasureAsync(contenders, bench.Rounds * Repeat);
        bench.Results.Add("command in a running sandbox", samples, Ours, "ms");
        double ours = samples[Ours].Median;
        bench.Results.Target($"a command over an open connection: at most {MostMilliseconds} ms", $"{Results.Number(ours)} ms", ours <= MostMilliseconds);
        double? ratio = samples.TryGetValue(DockerExec, out Samples? docker) ? docker.Median / ours : null;
        bench.Results.Target($"and at least {LeastTimesFasterThanDocker}x faster than docker exec", ratio is { } r ? $"{Results.Number(r)}x" : "no Docker engine answers", ratio is null ? null : ratio >= LeastTimesFasterThanDocker);
    }
}
