using AgentSandbox.Benchmarks.Measuring;
using AgentSandbox.State;

namespace AgentSandbox.Benchmarks.Rows;

/// <summary>Keeping what a sandbox has written, 200 MB in two thousand files, and copying the same with cp(1).</summary>
internal static class CheckpointRow
{
    private const string Ours = "checkpoint, running";
    private const string Fill = "mkdir -p ~/b && cd ~/b && for i in $(seq 2000); do head -c 100K /dev/urandom > $i; done";

    /// <summary>Measures the row.</summary>
    /// <param name="bench">What it needs.</param>
    /// <returns>A task that completes when it is measured.</returns>
    public static async Task MeasureAsync(Bench bench)
    {
        Sandbox imaged = await bench.Manager.CreateAsync(new() { Backend = "Nspawn" });
        Sandbox plain = await bench.Manager.CreateAsync(new() { Backend = "Nspawn", DiskLimit = 0 });
        string folder = new SandboxHome().SandboxData(plain.Id), copy = Path.Combine(folder, "bench-copy");
        try
        {
            foreach (Sandbox sandbox in new[] { imaged, plain })
            {
                await bench.RunAsync(sandbox.Id, CommandSpecification.Shell(Fill));
            }

            List<Contender> contenders =
            [
                new(Ours, () => bench.Manager.CheckpointAsync(imaged.Id, "bench", replace: true)),
                new("checkpoint, running, no disk limit", () => bench.Manager.CheckpointAsync(plain.Id, "bench", replace: true)),
                new("cp -a of the same files, and rm -rf", async () =>
                {
                    await Shell.RunAsync("cp", "-a", Path.Combine(folder, "disk"), copy);
                    await Shell.RunAsync("rm", "-rf", copy);
                }),
            ];
            bench.Results.Add("keep 200 MB in 2000 files, replacing", await Rounds.MeasureAsync(contenders, bench.Rounds), Ours, "ms");
        }
        finally
        {
            await bench.Manager.RemoveAsync(imaged.Id);
            await bench.Manager.RemoveAsync(plain.Id);
        }
    }
}
