using AgentSandbox.Benchmarks.Measuring;
using AgentSandbox.Benchmarks.Peers;

namespace AgentSandbox.Benchmarks.Rows;

/// <summary>From nothing to nothing: make a sandbox, run /bin/true in it, remove it.</summary>
internal static class ThrowAwayRow
{
    private const string Ours = "nspawn backend";
    private const string Raw = "systemd-nspawn, same options";
    private const double MostTimesRaw = 1.3;

    /// <summary>Measures the row.</summary>
    /// <param name="bench">What it needs.</param>
    /// <returns>A task that completes when it is measured.</returns>
    public static async Task MeasureAsync(Bench bench)
    {
        List<Contender> contenders =
        [
            new(Ours, () => OnceAsync(bench, "Nspawn")),
            new("chroot backend", () => OnceAsync(bench, "Chroot")),
            new("agentsandbox run", () => Shell.RunAsync(Bench.Program, "run", "--backend", "nspawn", "--", "/bin/true")),
            new("chroot /", () => Shell.RunAsync("chroot", "/", "/bin/true")),
        ];
        if (bench.RawNspawn is { } nspawn)
        {
            contenders.Add(new(Raw, nspawn.RunTrueAsync));
        }

        if (Bubblewrap.IsHere)
        {
            contenders.Add(new("bwrap --unshare-all", Bubblewrap.RunTrueAsync));
        }

        if (bench.Docker is not null)
        {
            contenders.Add(new("docker run --rm", Docker.RunTrueAsync));
        }

        IReadOnlyDictionary<string, Samples> samples = await Rounds.MeasureAsync(contenders, bench.Rounds);
        bench.Results.Add("create, first command, remove", samples, Ours, "ms");
        double? ratio = samples.TryGetValue(Raw, out Samples? raw) ? samples[Ours].Median / raw.Median : null;
        bench.Results.Target($"create, /bin/true, remove: at most {MostTimesRaw}x of raw hardened systemd-nspawn", ratio is { } r ? $"{Results.Number(r)}x" : "no systemd-nspawn", ratio is null ? null : ratio <= MostTimesRaw);
    }

    private static async Task OnceAsync(Bench bench, string backend)
    {
        Sandbox sandbox = await bench.Manager.CreateAsync(new() { Backend = backend });
        await bench.RunAsync(sandbox.Id, Bench.True);
        await bench.Manager.RemoveAsync(sandbox.Id);
    }
}
