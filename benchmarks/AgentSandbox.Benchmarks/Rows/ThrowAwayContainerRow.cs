using AgentSandbox.Benchmarks.Measuring;
using AgentSandbox.Benchmarks.Peers;

namespace AgentSandbox.Benchmarks.Rows;

/// <summary>From nothing to nothing with a container engine: make a sandbox, run /bin/true in it, remove it; beside docker run --rm with the same image, user and limits.</summary>
internal static class ThrowAwayContainerRow
{
    private const double MostTimesDockerRun = 1.15;

    /// <summary>Measures the row, for each runtime that the engine has.</summary>
    /// <param name="bench">What it needs.</param>
    /// <returns>A task that completes when it is measured.</returns>
    public static async Task MeasureAsync(Bench bench)
    {
        await MeasureAsync(bench, "Docker", bench.Docker is not null, gvisor: false);
        await MeasureAsync(bench, "GVisor", bench.Docker?.HasGVisor == true, gvisor: true);
    }

    private static async Task MeasureAsync(Bench bench, string backend, bool isThere, bool gvisor)
    {
        string peer = gvisor ? "docker run --rm --runtime runsc" : "docker run --rm, same options";
        string ours = $"{backend} backend";
        string commandLine = $"agentsandbox run --backend {backend}";
        string target = $"{backend}: create, /bin/true, remove: at most {MostTimesDockerRun}x of {peer}";
        if (!isThere)
        {
            bench.Results.Target(target, gvisor ? "no engine with gVisor answers" : "no Docker engine answers", null);
            return;
        }

        IReadOnlyDictionary<string, Samples> samples = await Rounds.MeasureAsync(
            [
                new(ours, () => OnceAsync(bench, backend)),
                new(commandLine, () => Shell.RunAsync(Bench.Program, "run", "--backend", backend, "--image", Docker.Name, "--no-pull", "--", "/bin/true")),
                new(peer, () => Docker.RunTrueConfinedAsync(gvisor)),
            ],
            bench.Rounds);
        bench.Results.Add($"{backend}: create, first command, remove", samples, ours, "ms");
        foreach (string name in (string[])[ours, commandLine])
        {
            double ratio = samples[name].Median / samples[peer].Median;
            bench.Results.Target(name == ours ? target : $"and {name}", $"{Results.Number(ratio)}x", ratio <= MostTimesDockerRun);
        }
    }

    private static async Task OnceAsync(Bench bench, string backend)
    {
        Sandbox sandbox = await bench.Manager.CreateThrowAwayAsync(new() { Backend = backend, Image = Docker.Name, NoPull = true });
        await bench.RunAsync(sandbox.Id, Bench.True);
        await bench.Manager.RemoveAsync(sandbox.Id);
    }
}
