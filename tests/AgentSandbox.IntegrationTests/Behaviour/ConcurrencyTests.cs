using System.Diagnostics;
using AgentSandbox.State;

namespace AgentSandbox.IntegrationTests.Behaviour;

public sealed class ConcurrencyTests
{
    [Theory]
    [InlineData("Nspawn")]
    [InlineData("Docker")]
    [InlineData("Wsl")]
    public async Task Fifty_creates_at_once_from_five_processes(string backend)
    {
        await using var host = new SandboxHost();
        await host.PrepareAsync(backend);
        string program = Path.Combine(Programs.Folder, "agentsandbox");
        string Line(int process) => string.Join(" & ", Enumerable.Range(0, 10).Select(i => $"'{program}' create p{process}-{i} --backend {backend} --memory 64MB >/dev/null")) + " & wait";
        Process[] shells = [.. Enumerable.Range(0, 5).Select(p => Process.Start(new ProcessStartInfo("/bin/bash", ["-c", Line(p)])
        {
            RedirectStandardError = true, Environment = { [SandboxHome.EnvironmentVariable] = host.Root },
        })!)];
        string[] errors = await Task.WhenAll(shells.Select(s => s.StandardError.ReadToEndAsync()));
        await Task.WhenAll(shells.Select(s => s.WaitForExitAsync()));
        Assert.Equal("", string.Concat(errors));

        IReadOnlyList<Sandbox> all = host.Manager.List();
        Assert.Equal(50, all.Count);
        Assert.All(all, s => Assert.Equal(SandboxState.Running, s.State));
        Assert.Equal(50, all.Select(s => s.Name).Distinct().Count());
        CommandResult[] results = await Task.WhenAll(all.Select(s => host.ShellAsync(s, "hostname")));
        Assert.Equal(all.Select(s => s.Name + "\n"), results.Select(r => r.StandardOutput));
        await Task.WhenAll(all.Select(s => host.Manager.RemoveAsync(s.Id)));
        await Task.WhenAll(all.Select(s => host.NothingIsLeftOfAsync(s)));
    }

    [Theory]
    [InlineData("Nspawn")]
    [InlineData("Docker")]
    [InlineData("Wsl")]
    public async Task One_name_goes_to_one_of_many_that_ask_for_it_at_once(string backend)
    {
        await using var host = new SandboxHost();
        Task<Sandbox>[] attempts = [.. Enumerable.Range(0, 12).Select(_ => Task.Run(() => host.CreateAsync(backend, s => s with { Name = "wanted" })))];
        await Task.WhenAll(attempts.Select(a => a.ContinueWith(_ => { }, TaskScheduler.Default)));
        _ = Assert.Single(attempts, a => a.IsCompletedSuccessfully);
        Assert.All(attempts.Where(a => a.IsFaulted), a => Assert.Equal(SandboxErrorId.NameInUse, Assert.IsType<SandboxException>(a.Exception!.InnerException).ErrorId));
        Assert.Single(host.Manager.List());
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Hundreds_of_commands_at_once_in_one_sandbox(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { PidLimit = 4000, Memory = 2L << 30 });
        int count = backend == "GVisor" ? 50 : 200; // gVisor's ptrace platform starts a program in tenths of a second, and with more of them at once in much longer.
        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, count).Select(i => host.ShellAsync(sandbox, $"sleep 0.1; echo out{i}; exit {i}", TimeSpan.FromMinutes(3))));
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(($"out{i}\n", i), (results[i].StandardOutput, results[i].ExitCode));
        }
    }

    [Fact]
    public async Task A_hundred_sandboxes_live_side_by_side()
    {
        await using var host = new SandboxHost();
        var all = new List<Sandbox>();
        foreach (int[] batch in Enumerable.Range(0, 100).Chunk(10))
        {
            all.AddRange(await Task.WhenAll(batch.Select(i => host.CreateAsync(i % 5 == 0 ? "Chroot" : "Nspawn", s => s with { Memory = 64L << 20 }))));
        }

        Assert.Equal(100, host.Manager.List().Count(s => s.State == SandboxState.Running));
        CommandResult[] results = await Task.WhenAll(all.Select((s, i) => host.ShellAsync(s, $"echo {i}")));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}\n"), results.Select(r => r.StandardOutput));
        Assert.Equal(100, new HashSet<uint>(all.Select(s => new RecordStore(host.Home).TryRead(s.Id)!.IdBase)).Count);
    }
}
