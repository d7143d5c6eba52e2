using AgentSandbox.Backends;
using AgentSandbox.Benchmarks.Measuring;
using AgentSandbox.Benchmarks.Peers;
using AgentSandbox.State;

namespace AgentSandbox.Benchmarks;

/// <summary>What all rows share: a manager over a state folder of its own, one running sandbox for each backend, the peers.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly string _home;

    private Bench(string home, SandboxManager manager)
    {
        _home = home;
        Manager = manager;
    }

    /// <summary>How often each contender is measured.</summary>
    public required int Rounds { get; init; }

    /// <summary>The library.</summary>
    public SandboxManager Manager { get; }

    /// <summary>Id of a running nspawn sandbox.</summary>
    public string Nspawn { get; private set; } = "";

    /// <summary>Id of a running chroot sandbox.</summary>
    public string Chroot { get; private set; } = "";

    /// <summary>Id of a running sandbox of the Docker backend, of the peer's image; empty where no engine answers.</summary>
    public string Container { get; private set; } = "";

    /// <summary>Plain systemd-nspawn; null where it is not installed.</summary>
    public RawNspawn? RawNspawn { get; private set; }

    /// <summary>Docker; null where no engine answers.</summary>
    public Docker? Docker { get; private set; }

    /// <summary>What was measured.</summary>
    public Results Results { get; } = new();

    /// <summary>The command line.</summary>
    public static string Program => SandboxPrograms.Supervisor;

    /// <summary>/bin/true as a command.</summary>
    public static CommandSpecification True { get; } = new() { Arguments = ["/bin/true"] };

    /// <summary>Makes sandboxes and peers.</summary>
    /// <param name="rounds">How often each contender is measured.</param>
    /// <returns>The bench.</returns>
    public static async Task<Bench> CreateAsync(int rounds)
    {
        string home = Directory.CreateTempSubdirectory("asb-bench-home-").FullName;
        Environment.SetEnvironmentVariable(SandboxHome.EnvironmentVariable, home);
        var bench = new Bench(home, new SandboxManager(new SandboxHome(home))) { Rounds = rounds };
        try
        {
            bench.Nspawn = (await bench.Manager.CreateAsync(new() { Name = "bench-nspawn", Backend = "Nspawn" })).Id;
            bench.Chroot = (await bench.Manager.CreateAsync(new() { Name = "bench-chroot", Backend = "Chroot" })).Id;
            bench.RawNspawn = await RawNspawn.CreateAsync();
            bench.Docker = await Docker.CreateAsync();
            if (bench.Docker is not null)
            {
                bench.Container = (await bench.Manager.CreateAsync(new() { Name = "bench-docker", Backend = "Docker", Image = Docker.Name, NoPull = true })).Id;
            }

            return bench;
        }
        catch
        {
            await bench.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command, which has to succeed.</summary>
    /// <param name="id">The sandbox.</param>
    /// <param name="command">The command.</param>
    /// <returns>A task that completes at its end.</returns>
    public async Task RunAsync(string id, CommandSpecification command)
    {
        CommandResult result = await Manager.RunAsync(id, command);
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', command.Arguments)} ended with code {result.ExitCode}: {result.StandardError}");
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (Sandbox sandbox in Manager.List())
        {
            await Manager.RemoveAsync(sandbox.Id);
        }

        await Manager.DisposeAsync();
        RawNspawn?.Dispose();
        if (Docker is not null)
        {
            await Docker.DisposeAsync();
        }

        Directory.Delete(_home, recursive: true);
    }
}
