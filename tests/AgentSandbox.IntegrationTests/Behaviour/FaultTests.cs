using System.Diagnostics;
using AgentSandbox.IntegrationTests.Wsl;
using AgentSandbox.State;

namespace AgentSandbox.IntegrationTests.Behaviour;

/// <summary>SIGKILL of each part: afterwards the list tells the truth, removing works, and nothing is left.</summary>
public sealed class FaultTests
{
    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Killing_the_supervisor(string backend) => await KillAsync(backend, s => s.SupervisorId);

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Killing_what_runs_the_guest(string backend) => await KillAsync(backend, s => s.LauncherId);

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Killing_the_guest(string backend) => await KillAsync(backend, s => s.LeaderId);

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task A_failed_sandbox_can_be_started_again_on_its_files(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        await host.ShellAsync(sandbox, "echo kept > ~/file; sync");
        Kill(State(host, sandbox).SupervisorId);
        await WaitForAsync(() => host.Manager.Get(sandbox.Id).State == SandboxState.Failed);
        await host.Manager.StartAsync(sandbox.Id);
        Assert.Equal("kept\n", (await host.ShellAsync(sandbox, "cat ~/file")).StandardOutput);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Killing_the_creator_half_way_leaves_nothing_after_the_next_look(string backend)
    {
        await using var host = new SandboxHost();
        await host.PrepareAsync(backend);
        await host.Manager.DisposeAsync();
        (int first, int step) = SandboxHost.IsEngine(backend) ? (40, 60) : (5, 20);
        for (int delay = first; delay <= first + (6 * step); delay += step)
        {
            using var creator = Process.Start(new ProcessStartInfo(Path.Combine(Programs.Folder, "agentsandbox"), ["create", "half", "--backend", backend])
            {
                RedirectStandardOutput = true, RedirectStandardError = true, Environment = { [SandboxHome.EnvironmentVariable] = host.Root },
            })!;
            await Task.Delay(delay);
            creator.Kill();
            await creator.WaitForExitAsync();
            // Complete, or gone: nothing in between, and the name is free again once it is removed.
            // Over Wsl what the creator began elsewhere ends a moment after it, and may not have begun to show at the first look: it has to stay so.
            int calm = 0;
            await WaitForAsync(() => (calm = host.Manager.List().All(s => s.State == SandboxState.Running) ? calm + 1 : 0) >= 5);
            foreach (Sandbox sandbox in host.Manager.List())
            {
                await host.Manager.RemoveAsync(sandbox.Id);
                await WaitForAsync(() => SandboxHost.RemainsOf(sandbox.Id, host.Root).Count == 0);
            }
        }
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task A_throw_away_sandbox_goes_with_its_killed_owner(string backend)
    {
        await using var host = new SandboxHost();
        await host.PrepareAsync(backend);
        using var owner = Process.Start(new ProcessStartInfo(Path.Combine(Programs.Folder, "agentsandbox"), ["run", "--quiet", "--backend", backend, "--", "sh", "-c", "echo runs; sleep 1000"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, Environment = { [SandboxHome.EnvironmentVariable] = host.Root },
        })!;
        Assert.Equal("runs", await owner.StandardOutput.ReadLineAsync());
        Sandbox sandbox = Assert.Single(host.Manager.List());
        owner.Kill();
        await WaitForAsync(() => !host.IsThere(sandbox) && SandboxHost.RemainsOf(sandbox.Id, host.Root).Count == 0);
    }

    [Fact]
    public async Task A_full_disk_while_creating_is_a_clear_error_and_leaves_nothing()
    {
        await using var host = new SandboxHost();
        Directory.CreateDirectory(host.Root);
        Run("mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", host.Root);
        try
        {
            await using var manager = new SandboxManager(host.Home);
            await File.WriteAllBytesAsync(Path.Combine(host.Root, "filler"), new byte[900 * 1024]);
            SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => manager.CreateAsync(new SandboxSpecification { Backend = "Nspawn" }));
            Assert.Equal(SandboxErrorId.DiskFull, e.ErrorId);
            Assert.Empty(manager.List());
            Assert.Empty(Directory.EnumerateFileSystemEntries(host.Home.Sandboxes));
            Assert.Empty(Directory.EnumerateFileSystemEntries(host.Home.Runtime));
        }
        finally
        {
            Run("umount", host.Root);
        }
    }

    private static async Task KillAsync(string backend, Func<RuntimeState, int> victim)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        Sandbox neighbour = await host.CreateAsync(backend);
        await using SandboxCommand running = await host.Manager.StartCommandAsync(sandbox.Id, CommandSpecification.Shell("sleep 1000 & sleep 1001"));

        Kill(victim(State(host, sandbox)));
        try
        {
            // A guest that outlived its supervisor for a moment ended the command itself.
            Assert.NotNull((await running.Completion.WaitAsync(TimeSpan.FromSeconds(20))).Signal);
        }
        catch (SandboxException broken)
        {
            Assert.Equal(SandboxErrorId.GuestDisconnected, broken.ErrorId);
        }

        await WaitForAsync(() => host.Manager.Get(sandbox.Id).State == SandboxState.Failed);
        Assert.NotNull(host.Manager.Get(sandbox.Id).StateReason);
        await WaitForAsync(() => SandboxHost.RemainsOf(sandbox.Id, host.Root).Count == 0);
        Assert.Equal("well\n", (await host.ShellAsync(neighbour, "echo well")).StandardOutput);
        await host.Manager.RemoveAsync(sandbox.Id);
        Assert.Equal(neighbour.Id, Assert.Single(host.Manager.List()).Id);
    }

    /// <summary>With an engine it is the shim above the container's first process that supervises.</summary>
    private static RuntimeState State(SandboxHost host, Sandbox sandbox) => SandboxHost.IsEngine(sandbox.Backend)
        ? new RuntimeState { State = sandbox.State, SupervisorId = ParentOf(sandbox.ProcessId!.Value), LauncherId = sandbox.ProcessId.Value, LeaderId = sandbox.ProcessId.Value }
        : Read(host, sandbox);

    private static RuntimeState Read(SandboxHost host, Sandbox sandbox)
    {
        RuntimeState state = StateFile.TryRead(Path.Combine(host.RuntimeOf(sandbox), "state.json"), StateJson.Default.RuntimeState)!;
        return sandbox.Backend != "Wsl" ? state : state with
        {
            SupervisorId = StandInWsl.HostProcess(host.Home, state.SupervisorId), LauncherId = StandInWsl.HostProcess(host.Home, state.LauncherId), LeaderId = StandInWsl.HostProcess(host.Home, state.LeaderId),
        };
    }

    private static int ParentOf(int pid) => int.Parse(
        File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("PPid:", StringComparison.Ordinal))["PPid:".Length..].Trim(), System.Globalization.CultureInfo.InvariantCulture);

    private static void Kill(int pid)
    {
        Assert.True(pid > 1);
        using Process process = Process.GetProcessById(pid);
        process.Kill();
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        bool isTrue = condition();
        for (int i = 0; i < 300 && !isTrue; i++)
        {
            await Task.Delay(100);
            isTrue = condition();
        }

        Assert.True(isTrue);
    }

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
