using System.Globalization;
using AgentSandbox.Benchmarks.Measuring;
using AgentSandbox.Isolation;

namespace AgentSandbox.Benchmarks.Rows;

/// <summary>The whole catalogue of Test-SandboxIsolation, from making the sibling to its removal, beside as many starts of plain systemd-nspawn: what a script that asks each question in a container of its own would pay at least.</summary>
internal static class IsolationRow
{
    private const string Nspawn = "nspawn, all probes";
    private const string Chroot = "chroot, all probes";
    private const double MostSecondsNspawn = 3;
    private const double MostSecondsChroot = 2;

    /// <summary>Measures the row.</summary>
    /// <param name="bench">What it needs.</param>
    /// <returns>A task that completes when it is measured.</returns>
    public static async Task MeasureAsync(Bench bench)
    {
        int probes = IsolationTester.Catalogue.Count;
        string peer = string.Create(CultureInfo.InvariantCulture, $"systemd-nspawn, /bin/true, {probes} times");
        List<Contender> contenders = [new(Nspawn, () => OnceAsync(bench, "Nspawn")), new(Chroot, () => OnceAsync(bench, "Chroot"))];
        if (bench.RawNspawn is { } raw)
        {
            contenders.Add(new(peer, async () =>
            {
                for (int i = 0; i < probes; i++)
                {
                    await raw.RunTrueAsync();
                }
            }));
        }

        IReadOnlyDictionary<string, Samples> samples = await Rounds.MeasureAsync(contenders, Math.Max(3, bench.Rounds / 4));
        bench.Results.Add("isolation, the whole catalogue", samples, Nspawn, "ms");
        Target(bench, samples, Nspawn, MostSecondsNspawn, peer);
        Target(bench, samples, Chroot, MostSecondsChroot, peer);
    }

    private static void Target(Bench bench, IReadOnlyDictionary<string, Samples> samples, string ours, double most, string peer)
    {
        double seconds = samples[ours].Median / 1000;
        string ratio = samples.TryGetValue(peer, out Samples? raw) ? $", {Results.Number(samples[ours].Median / raw.Median)}x of {peer}" : "";
        bench.Results.Target($"{ours}, start included: at most {most} s", $"{Results.Number(seconds)} s{ratio}", seconds <= most);
    }

    private static async Task OnceAsync(Bench bench, string backend)
    {
        int count = 0;
        await foreach (IsolationResult result in new IsolationTester(bench.Manager).TestAsync(backend, new() { Backend = backend }))
        {
            // A probe that gave up is no probe that was fast.
            count += result.Verdict == IsolationVerdict.Inconclusive ? 0 : 1;
        }

        if (count < IsolationTester.Catalogue.Count * 9 / 10)
        {
            throw new InvalidOperationException($"Only {count} probes had an answer on {backend}.");
        }
    }
}
