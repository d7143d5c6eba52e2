using System.Text;
using AgentSandbox.IntegrationTests.Behaviour;
using AgentSandbox.Processes;

namespace AgentSandbox.IntegrationTests.Wsl;

/// <summary>Background processes in a distribution, which holds them: this side only asks.</summary>
public sealed class WslProcessTests
{
    [Fact]
    public async Task A_background_process_is_seen_read_waited_for_and_stopped_also_by_another_process()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Wsl");
        await using var other = new SandboxManager(host.Home);
        SandboxProcess first = await host.Manager.StartProcessAsync(sandbox.Id, CommandSpecification.Shell("echo $A; echo bad >&2; while [ ! -e ~/go ]; do sleep 0.05; done; exit 7") with { Environment = new Dictionary<string, string> { ["A"] = "set" } });
        SandboxProcess second = await other.StartProcessAsync(sandbox.Id, CommandSpecification.Shell("sleep 1000"));
        Assert.Equal((1, 2, SandboxProcessState.Running), (first.Id, second.Id, first.State));
        Assert.False(Directory.Exists(Path.Combine(host.Home.Data, "processes"))); // The distribution has them, and this side nothing.
        Assert.Equal([first.Id, second.Id], other.ListProcesses(sandbox).Select(p => p.Id));
        Assert.Contains("sleep 1000", host.Manager.GetProcess(sandbox, 2).Command, StringComparison.Ordinal);

        ProcessOutputReader reader = other.OpenProcessOutput(first);
        var said = new List<ProcessOutput>();
        for (int i = 0; i < 600 && said.Count < 2; i++)
        {
            said.AddRange(reader.Read());
            await Task.Delay(20);
        }

        Assert.Equal("set\n", Text(said, error: false));
        Assert.Equal("bad\n", Text(said, error: true));
        Assert.Empty(reader.Read());
        Task<SandboxProcess> waiting = other.WaitProcessAsync(first);
        await host.ShellAsync(sandbox, "touch ~/go");
        SandboxProcess ended = await waiting.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal((SandboxProcessState.Exited, 7), (ended.State, ended.ExitCode));
        Assert.Equal(SandboxProcessState.Stopped, (await host.Manager.StopProcessAsync(second, force: true)).State);
        Assert.Equal(SandboxErrorId.ProcessNotFound, Assert.Throws<SandboxException>(() => host.Manager.GetProcess(sandbox, 3)).ErrorId);
        Assert.Equal(SandboxErrorId.CommandNotFound, (await Assert.ThrowsAsync<SandboxException>(() => host.Manager.StartProcessAsync(sandbox.Id, new CommandSpecification { Arguments = ["/no/such"] }))).ErrorId);

        await host.Manager.RemoveAsync(sandbox.Id);
        Assert.Equal(SandboxErrorId.ProcessNotFound, Assert.Throws<SandboxException>(() => host.Manager.GetProcess(first)).ErrorId);
        await host.NothingIsLeftOfAsync(sandbox);
    }

    [Fact]
    public async Task Much_output_is_read_in_parts_and_what_was_dropped_is_counted()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Wsl");
        SandboxProcess process = await host.Manager.StartProcessAsync(sandbox.Id, CommandSpecification.Shell("head -c 20M /dev/zero | tr '\\0' x; echo end"));
        Assert.Equal(0, (await host.Manager.WaitProcessAsync(process)).ExitCode);
        ProcessOutputReader reader = host.Manager.OpenProcessOutput(process);
        string all = Text([.. reader.Read()], error: false);
        Assert.EndsWith("xend\n", all, StringComparison.Ordinal);
        Assert.InRange(all.Length, 4 << 20, OutputSpool.Limit + (OutputSpool.Segments * OutputSpool.MaxRecord)); // Each file ends with the record that fills it.
        Assert.InRange(all.Length + reader.Dropped, 20 << 20, 21 << 20); // Headers of records are counted with what was dropped.
    }

    [Fact]
    public async Task It_ends_with_its_sandbox()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Wsl");
        SandboxProcess process = await host.Manager.StartProcessAsync(sandbox.Id, CommandSpecification.Shell("sleep 1000"));
        Task<SandboxProcess> waiting = host.Manager.WaitProcessAsync(process);
        await host.Manager.StopAsync(sandbox.Id);
        Assert.NotEqual(SandboxProcessState.Running, (await waiting.WaitAsync(TimeSpan.FromSeconds(60))).State);
        Assert.NotEqual(SandboxProcessState.Running, Assert.Single(host.Manager.ListProcesses(sandbox)).State);
    }

    private static string Text(IReadOnlyList<ProcessOutput> pieces, bool error) => Encoding.UTF8.GetString([.. pieces.Where(p => p.IsError == error).SelectMany(p => p.Data)]);
}
