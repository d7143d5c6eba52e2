using AgentSandbox.Benchmarks.Measuring;
using AgentSandbox.Benchmarks.Peers;

namespace AgentSandbox.Benchmarks.Rows;

/// <summary>/bin/true in a container that runs already.</summary>
internal static class ContainerCommandRow
{
    private const string Ours = "Docker, open connection";
    private const string DockerExec = "docker exec";
    private const double LeastTimesFaster = 15;
    private const int Repeat = 3;

    /// <summary>Measures the row.</summary>
    /// <param name="bench">What it needs.</param>
    /// <returns>A task that completes when it is measured.</returns>
    public static async Task MeasureAsync(Bench bench)
    {
        string target = $"Docker: a command over an open connection at least {LeastTimesFaster}x faster than docker exec";
        if (bench.Docker is null)
        {
            bench.Results.Target(target, "no Docker engine answers", null);
            return;
        }

        IReadOnlyDictionary<string, Samples> samples = await Rounds.MeasureAsync(
            [
                new(Ours, () => bench.RunAsync(bench.Container, Bench.True)),
                new("agentsandbox exec (Docker)", () => Shell.RunAsync(Bench.Program, "exec", "bench-docker", "--", "/bin/true")),
                new(DockerExec, Docker.ExecTrueAsync),
            ],
            bench.Rounds * Repeat);
        bench.Results.Add("command in a running container", samples, Ours, "ms");
        double ratio = samples[DockerExec].Median / samples[Ours].Median;
        bench.Results.Target(target, $"{Results.Number(ratio)}x", ratio >= LeastTimesFaster);
    }
}
