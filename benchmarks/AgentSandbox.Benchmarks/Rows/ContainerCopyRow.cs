using System.Diagnostics;
using AgentSandbox.Benchmarks.Measuring;
using AgentSandbox.Benchmarks.Peers;

namespace AgentSandbox.Benchmarks.Rows;

/// <summary>A tree of 200 MB into a running container and out again.</summary>
internal static class ContainerCopyRow
{
    private const int Folders = 40;
    private const int FilesInEach = 50;
    private const int FileSize = 100 << 10;
    private const string Inside = "/tmp/bench-tree";
    private const string Ours = "Docker backend";
    private const string Peer = "docker cp";

    /// <summary>Measures the row.</summary>
    /// <param name="bench">What it needs.</param>
    /// <returns>A task that completes when it is measured.</returns>
    public static async Task MeasureAsync(Bench bench)
    {
        const string Target = "copying 200 MB in 2000 files: not slower than docker cp, ";
        if (bench.Docker is null)
        {
            bench.Results.Target(Target + "both ways", "no Docker engine answers", null);
            return;
        }

        string folder = Directory.CreateTempSubdirectory("asb-bench-copy-").FullName;
        try
        {
            string tree = Path.Combine(folder, "tree");
            MakeTree(tree);
            var seconds = new Dictionary<(string Way, string Who), List<double>>();
            int rounds = Math.Max(3, bench.Rounds / 4);
            for (int round = -1; round < rounds; round++)
            {
                foreach (bool isOurs in round % 2 == 0 ? (bool[])[true, false] : [false, true])
                {
                    (double into, double outOf) = await OnceAsync(bench, isOurs, tree, Path.Combine(folder, "back"));
                    if (round >= 0)
                    {
                        Note(seconds, ("in", isOurs ? Ours : Peer), into);
                        Note(seconds, ("out", isOurs ? Ours : Peer), outOf);
                    }
                }
            }

            foreach (string way in (string[])["in", "out"])
            {
                var samples = seconds.Where(s => s.Key.Way == way).ToDictionary(s => s.Key.Who, s => new Samples(s.Value));
                bench.Results.Add($"200 MB in 2000 files, {way}", samples, Ours, "s");
                double ratio = samples[Ours].Median / samples[Peer].Median;
                bench.Results.Target(Target + way, $"{Results.Number(ratio)}x", ratio <= 1);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Note(Dictionary<(string Way, string Who), List<double>> seconds, (string Way, string Who) key, double value)
    {
        if (!seconds.TryGetValue(key, out List<double>? values))
        {
            seconds[key] = values = [];
        }

        values.Add(value);
    }

    private static async Task<(double Into, double OutOf)> OnceAsync(Bench bench, bool isOurs, string tree, string back)
    {
        long start = Stopwatch.GetTimestamp();
        await (isOurs ? bench.Manager.CopyToAsync(bench.Container, tree, Inside) : Docker.CopyInAsync(tree, Inside));
        double into = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        await (isOurs ? bench.Manager.CopyFromAsync(bench.Container, Inside, back) : Docker.CopyOutAsync(Inside, back));
        double outOf = Stopwatch.GetElapsedTime(start).TotalSeconds;

        // What did not arrive in full was not fast.
        long bytes = new DirectoryInfo(back).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
        if (bytes != (long)Folders * FilesInEach * FileSize)
        {
            throw new InvalidOperationException($"{(isOurs ? Ours : Peer)}: {bytes} bytes came back.");
        }

        Directory.Delete(back, recursive: true);
        await (isOurs ? bench.RunAsync(bench.Container, new() { Arguments = ["/bin/rm", "-rf", Inside] }) : Docker.RemoveAsync(Inside));
        return (into, outOf);
    }

    private static void MakeTree(string tree)
    {
        byte[] content = new byte[FileSize];
        new Random(1).NextBytes(content);
        for (int folder = 0; folder < Folders; folder++)
        {
            string path = Directory.CreateDirectory(Path.Combine(tree, $"folder {folder}")).FullName;
            for (int file = 0; file < FilesInEach; file++)
            {
                File.WriteAllBytes(Path.Combine(path, $"file {file}"), content);
            }
        }
    }
}
