using System.Diagnostics;
using AgentSandbox.Backends.Linux.ControlGroups;
using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.IntegrationTests.Behaviour;
using AgentSandbox.State;

namespace AgentSandbox.IntegrationTests.Checkpoints;

/// <summary>Copies that fail, are refused or are killed: the old state or the new one, nothing between, and nothing that stands still for ever.</summary>
public sealed class CheckpointFaultTests
{
    [Theory, InlineData("Chroot"), InlineData("Docker"), InlineData("Wsl")]
    public async Task What_can_not_be_done_says_why(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        await host.Manager.CheckpointAsync(sandbox.Id, "one");
        Assert.Equal(SandboxErrorId.CheckpointExists, await FailAsync(() => host.Manager.CheckpointAsync(sandbox.Id, "ONE")));
        Assert.Equal(SandboxErrorId.CheckpointNotFound, await FailAsync(() => host.Manager.RestoreAsync(sandbox.Id, "two", force: true)));
        Assert.Equal(SandboxErrorId.CheckpointNotFound, await FailAsync(() => host.Manager.RemoveCheckpointAsync(sandbox.Id, "two")));
        Assert.Equal(SandboxErrorId.SandboxRunning, await FailAsync(() => host.Manager.RestoreAsync(sandbox.Id, "one")));
        Assert.Equal(SandboxErrorId.NameInUse, await FailAsync(() => host.Manager.CloneAsync(sandbox.Id, sandbox.Name)));
        Assert.Equal(SandboxErrorId.InvalidName, await FailAsync(() => host.Manager.CloneAsync(sandbox.Id, "../x")));
        Assert.Equal(SandboxErrorId.SandboxNotFound, await FailAsync(() => host.Manager.CheckpointAsync("000000000000", "one")));
        DateTimeOffset first = (await host.Manager.GetCheckpointsAsync(sandbox.Id))[0].Created;
        await CheckpointTests.DoAsync(host, sandbox, "echo later > ~/f");
        Assert.True((await host.Manager.CheckpointAsync(sandbox.Id, "ONE", replace: true)).Created > first);
        Assert.Equal("ONE", Assert.Single(await host.Manager.GetCheckpointsAsync(sandbox.Id)).Name);
        await host.Manager.RestoreAsync(sandbox.Id, "one", force: true);
        Assert.Equal("later\n", await CheckpointTests.DoAsync(host, sandbox, "cat ~/f"));
        Assert.Equal([sandbox.Id], host.Manager.List().Select(s => s.Id)); // The refused copies left nothing.
        if (!SandboxHost.IsEngine(backend))
        {
            Assert.Equal([sandbox.Id], Directory.EnumerateDirectories(Path.GetDirectoryName(host.DataOf(sandbox))!).Select(Path.GetFileName));
        }
    }

    [Theory, InlineData(".."), InlineData("."), InlineData("a/b"), InlineData("/etc"), InlineData(""), InlineData("a\0b"), InlineData("con"), InlineData(".hidden"), InlineData("-x"), InlineData("a\n")]
    public async Task A_name_never_leads_out_of_the_folder(string name)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Chroot");
        Assert.Equal(SandboxErrorId.InvalidName, await FailAsync(() => host.Manager.CheckpointAsync(sandbox.Id, name)));
        Assert.Equal(SandboxErrorId.CheckpointNotFound, await FailAsync(() => host.Manager.RestoreAsync(sandbox.Id, name, force: true)));
        Assert.Equal(SandboxErrorId.CheckpointNotFound, await FailAsync(() => host.Manager.RemoveCheckpointAsync(sandbox.Id, name)));
        Assert.True(File.Exists(Path.Combine(host.DataOf(sandbox), "sandbox.json")));
    }

    [Theory, InlineData("Docker"), InlineData("Wsl")]
    public async Task Nor_does_it_on_another_backend(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        foreach (string name in new[] { "..", "a/b", "/etc", "", "a\0b", "con", ".hidden", "-x", "a\n", "a\" LABEL b=\"c", "x:latest", "a@sha256:0" })
        {
            Assert.Equal(SandboxErrorId.InvalidName, await FailAsync(() => host.Manager.CheckpointAsync(sandbox.Id, name)));
            Assert.Equal(SandboxErrorId.CheckpointNotFound, await FailAsync(() => host.Manager.RestoreAsync(sandbox.Id, name, force: true)));
            Assert.Equal(SandboxErrorId.CheckpointNotFound, await FailAsync(() => host.Manager.RemoveCheckpointAsync(sandbox.Id, name)));
        }

        Assert.Equal("well\n", await CheckpointTests.DoAsync(host, sandbox, "echo well"));
    }

    /// <summary>The folder of a sandbox without a disk limit is full of names that a guest chose, and root copies it.</summary>
    [Theory, InlineData("Nspawn"), InlineData("Chroot"), InlineData("Docker")]
    public async Task Links_and_names_that_a_guest_plants_do_not_lead_the_copy_astray(string backend)
    {
        await using var host = new SandboxHost();
        string bait = Directory.CreateDirectory(Path.Combine(host.Root, "bait")).FullName, secret = Path.Combine(bait, "secret");
        await File.WriteAllTextAsync(secret, "host");
        Sandbox sandbox = await host.CreateAsync(backend, s => CheckpointTests.Disk(s, limited: false));
        await CheckpointTests.DoAsync(host, sandbox, $$"""
            set -e; mkdir -p ~/x && cd ~/x
            ln -s {{bait}} out; ln -s {{secret}} file; ln -s ../../../../../../../../../../..{{bait}} up; ln -s {{bait}} upper; ln -s / root
            mkdir -p -- '-rf' '--target-directory={{bait.Replace('/', '_')}}'; touch -- '--reply' '*' ' ' '$(touch x)'; ln -s self self
            python3 -c 'import os
            for i in range(300): os.mkdir("d"); os.chdir("d")
            open("end", "w").write("deep")'
            """);
        await host.Manager.CheckpointAsync(sandbox.Id, "planted");
        await CheckpointTests.DoAsync(host, sandbox, "cd ~/x && rm out up upper file && mkdir out up && echo guest > out/secret && echo guest > file");
        await host.Manager.RestoreAsync(sandbox.Id, "planted", force: true);
        Sandbox copy = await host.Manager.CloneAsync(sandbox.Id);
        foreach (Sandbox one in new[] { sandbox, copy })
        {
            Assert.Equal($"{bait}\n{secret}\n", await CheckpointTests.DoAsync(host, one, "cd ~/x && readlink out file && ! test -e out/secret"));
        }

        await host.Manager.RemoveCheckpointAsync(sandbox.Id, "planted");
        await host.Manager.RemoveAsync(sandbox.Id);
        Assert.Equal(["secret"], Directory.EnumerateFileSystemEntries(bait).Select(Path.GetFileName));
        Assert.Equal("host", await File.ReadAllTextAsync(secret));
    }

    [Theory, InlineData("Nspawn", true), InlineData("Nspawn", false), InlineData("Chroot", true)]
    public async Task A_killed_checkpoint_leaves_the_sandbox_running_and_no_half_of_it(string backend, bool limited)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => CheckpointTests.Disk(s, limited));
        await CheckpointTests.DoAsync(host, sandbox, "head -c 100M /dev/urandom > ~/big");
        var paths = new SandboxPaths(host.Home, sandbox.Id);
        bool cut = false;
        for (int delay = 0; delay < 12; delay++)
        {
            using Process taker = Start(host, "checkpoint", sandbox.Id, $"k{delay}");
            // From the moment on that the copy grows, a little later each time.
            await CheckpointTests.WaitForAsync(() => Task.FromResult(taker.HasExited || Directory.Exists(paths.Work)));
            await Task.Delay(delay * 15);
            taker.Kill();
            await taker.WaitForExitAsync();
            cut |= Directory.Exists(paths.Work);

            // Nobody has looked yet; the helper alone lets the processes go.
            await CheckpointTests.WaitForAsync(() => Task.FromResult(!Group(sandbox).IsFrozen));
            // A look that comes before the killed process's children have let go of its lock leaves the rest to the next one.
            await CheckpointTests.WaitForAsync(() => Task.FromResult(host.Manager.Get(sandbox.Id).State == SandboxState.Running && !Directory.Exists(paths.Work)));
            Assert.Equal("well\n", await CheckpointTests.DoAsync(host, sandbox, "echo well"));
        }

        Assert.True(cut, "None was killed on the way: the test shows nothing.");
        foreach (SandboxCheckpoint complete in await host.Manager.GetCheckpointsAsync(sandbox.Id))
        {
            await host.Manager.RestoreAsync(sandbox.Id, complete.Name, force: true);
            Assert.Equal("104857600\n", await CheckpointTests.DoAsync(host, sandbox, "stat -c %s ~/big"));
        }
    }

    [Fact]
    public async Task A_sandbox_that_is_still_held_after_its_holder_and_the_helper_were_killed_is_let_go_by_the_next_look_or_removed()
    {
        await using var host = new SandboxHost();
        foreach (bool look in new[] { true, false })
        {
            Sandbox sandbox = await host.CreateAsync("Nspawn");
            var paths = new SandboxPaths(host.Home, sandbox.Id);
            PrivateFolder.Create(paths.Work); // What both kills leave.
            await File.WriteAllTextAsync(Path.Combine(paths.Work, "half"), "copy");
            Assert.True(Group(sandbox).Freeze(TimeSpan.FromSeconds(20)));
            if (look)
            {
                Assert.Equal(SandboxState.Running, host.Manager.Get(sandbox.Id).State);
                Assert.Equal("well\n", await CheckpointTests.DoAsync(host, sandbox, "echo well"));
                Assert.False(Directory.Exists(paths.Work));
            }

            await host.Manager.RemoveAsync(sandbox.Id);
            await host.NothingIsLeftOfAsync(sandbox);
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_killed_restore_leaves_the_old_files_or_the_new_ones(bool limited)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Nspawn", s => CheckpointTests.Disk(s, limited));
        await CheckpointTests.DoAsync(host, sandbox, "head -c 60M /dev/urandom > ~/big; echo old > ~/f");
        await host.Manager.CheckpointAsync(sandbox.Id, "old");
        var paths = new SandboxPaths(host.Home, sandbox.Id);
        for (int delay = 0; delay < 8; delay++)
        {
            await CheckpointTests.DoAsync(host, sandbox, "echo new > ~/f");
            using Process restorer = Start(host, "restore", sandbox.Id, "old", "--force");
            await CheckpointTests.WaitForAsync(() => Task.FromResult(restorer.HasExited || Directory.Exists(paths.Work)));
            await Task.Delay(delay * 15);
            restorer.Kill();
            await restorer.WaitForExitAsync();
            // Killed while it stopped the sandbox, it leaves one that is just ending.
            await CheckpointTests.WaitForAsync(async () => (await host.Manager.StartAsync(sandbox.Id)).State == SandboxState.Running && await AnswersAsync(host, sandbox));
            Assert.Contains(await CheckpointTests.DoAsync(host, sandbox, "cat ~/f"), new[] { "old\n", "new\n" });
            Assert.Equal("62914560\n", await CheckpointTests.DoAsync(host, sandbox, "stat -c %s ~/big"));
            Assert.False(Directory.Exists(paths.Work));
        }
    }

    [Fact]
    public async Task A_killed_copy_leaves_nothing_of_the_new_sandbox_after_the_next_look()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Nspawn");
        await CheckpointTests.DoAsync(host, sandbox, "head -c 60M /dev/urandom > ~/big");
        for (int delay = 0; delay < 8; delay++)
        {
            using Process copier = Start(host, "clone", sandbox.Id, "half");
            await CheckpointTests.WaitForAsync(() => Task.FromResult(copier.HasExited || Directory.EnumerateDirectories(host.Home.Sandboxes).Count(d => File.Exists(Path.Combine(d, "sandbox.json"))) > 1));
            await Task.Delay(delay * 20);
            copier.Kill();
            await copier.WaitForExitAsync();
            await CheckpointTests.WaitForAsync(() => Task.FromResult(host.Manager.List().All(s => s.State == SandboxState.Running) && !Directory.Exists(new SandboxPaths(host.Home, sandbox.Id).Work)));
            foreach (Sandbox made in host.Manager.List().Where(s => s.Id != sandbox.Id))
            {
                await host.Manager.RemoveAsync(made.Id);
            }

            Assert.Equal([sandbox.Id], Directory.EnumerateDirectories(host.Home.Sandboxes).Select(Path.GetFileName));
            Assert.Equal("well\n", await CheckpointTests.DoAsync(host, sandbox, "echo well"));
        }
    }

    [Fact]
    public async Task A_full_disk_is_a_clear_error_that_changes_nothing()
    {
        await using var host = new SandboxHost();
        Directory.CreateDirectory(host.Root);
        Run("mount", "-t", "tmpfs", "-o", "size=420m,mode=700", "tmpfs", host.Root);
        try
        {
            await using var manager = new SandboxManager(host.Home);
            Sandbox sandbox = await manager.CreateAsync(new SandboxSpecification { Backend = "Nspawn", DiskLimit = 200L << 20 });
            await manager.CheckpointAsync(sandbox.Id, "small");
            Assert.Equal(0, (await manager.RunAsync(sandbox.Id, CommandSpecification.Shell("head -c 100M /dev/urandom > ~/big; echo 1 > ~/f; sync"))).ExitCode);
            string[] before = Tree(host);
            Assert.Equal(SandboxErrorId.DiskFull, await FailAsync(() => manager.CheckpointAsync(sandbox.Id, "large")));
            Assert.Equal(SandboxErrorId.DiskFull, await FailAsync(() => manager.CloneAsync(sandbox.Id, "large")));
            Assert.Equal(before, Tree(host));
            Assert.Equal("small", Assert.Single(await manager.GetCheckpointsAsync(sandbox.Id)).Name);
            Assert.Equal("1\n", (await manager.RunAsync(sandbox.Id, CommandSpecification.Shell("cat ~/f"))).StandardOutput);
            await manager.RemoveAsync(sandbox.Id);
        }
        finally
        {
            Run("umount", host.Root);
        }
    }

    [Fact]
    public async Task Cancelling_leaves_nothing_and_the_sandbox_runs_on()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Nspawn");
        await CheckpointTests.DoAsync(host, sandbox, "head -c 100M /dev/urandom > ~/big");
        using var cancel = new CancellationTokenSource();
        var reports = new List<SandboxProgress>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Manager.CheckpointAsync(sandbox.Id, "cut", progress: new Immediate(report =>
        {
            reports.Add(report);
            cancel.Cancel();
        }), cancellationToken: cancel.Token));
        Assert.InRange(Assert.Single(reports).PercentComplete, 0, 99);
        Assert.Empty(await host.Manager.GetCheckpointsAsync(sandbox.Id));
        Assert.False(Directory.Exists(new SandboxPaths(host.Home, sandbox.Id).Work));
        Assert.Equal("well\n", await CheckpointTests.DoAsync(host, sandbox, "echo well"));
    }

    [Fact]
    public async Task A_sandbox_that_ends_meanwhile_gives_no_checkpoint()
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Nspawn");
        await CheckpointTests.DoAsync(host, sandbox, "head -c 100M /dev/urandom > ~/big");
        int leader = sandbox.ProcessId!.Value;
        string error = await FailAsync(() => host.Manager.CheckpointAsync(sandbox.Id, "dead", progress: new Immediate(_ => Backends.Linux.Native.Libc.Kill(leader, 9))));
        Assert.Equal(SandboxErrorId.CheckpointFailed, error);
        Assert.Empty(await host.Manager.GetCheckpointsAsync(sandbox.Id));
    }

    internal static async Task<bool> AnswersAsync(SandboxHost host, Sandbox sandbox)
    {
        try
        {
            return (await host.ShellAsync(sandbox, "sleep 0.5; echo well")).StandardOutput == "well\n";
        }
        catch (SandboxException e) when (e.ErrorId is SandboxErrorId.GuestDisconnected or SandboxErrorId.SandboxNotRunning)
        {
            return false;
        }
    }

    private static ControlGroup Group(Sandbox sandbox) => new(ControlGroupHierarchy.Detect(), sandbox.Id);

    private static string[] Tree(SandboxHost host) =>
        [.. Directory.EnumerateFileSystemEntries(host.Home.Data, "*", SearchOption.AllDirectories).Where(p => !p.Contains("/images/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    internal static Process Start(SandboxHost host, params string[] arguments) => Process.Start(new ProcessStartInfo(Path.Combine(Programs.Folder, "agentsandbox"), arguments)
    {
        RedirectStandardOutput = true, RedirectStandardError = true, Environment = { [SandboxHome.EnvironmentVariable] = host.Root },
    })!;

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    internal static async Task<string> FailAsync(Func<Task> act) => (await Assert.ThrowsAsync<SandboxException>(act)).ErrorId;

    internal sealed class Immediate(Action<SandboxProgress> act) : IProgress<SandboxProgress>
    {
        public void Report(SandboxProgress value) => act(value);
    }
}
