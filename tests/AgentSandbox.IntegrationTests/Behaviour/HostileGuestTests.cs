
namespace AgentSandbox.IntegrationTests.Behaviour;

/// <summary>What a hostile program in a sandbox tries, and that the host and the other sandboxes stay well.</summary>
public sealed class HostileGuestTests
{
    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Filling_the_disk_fills_its_own_only(string backend)
    {
        await using var host = new SandboxHost();
        if (SandboxHost.IsEngine(backend))
        {
            // The machine's engine has no quotas; one that has is in Docker/DiskLimitTests.
            Assert.Equal(SandboxErrorId.NotEnforceable, (await Assert.ThrowsAsync<SandboxException>(() => host.CreateAsync(backend, s => s with { DiskLimit = 64L << 20 }))).ErrorId);
            return;
        }

        Sandbox hostile = await host.CreateAsync(backend, s => s with { DiskLimit = 64L << 20 });
        Sandbox other = await host.CreateAsync(backend);
        CommandResult result = await host.ShellAsync(hostile, "dd if=/dev/zero of=/tmp/full bs=1M count=4000");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("No space left", result.StandardError, StringComparison.Ordinal);
        Assert.True(new FileInfo(Path.Combine(host.DataOf(hostile), "disk.img")).Length <= 64L << 20);
        Assert.Equal(0, (await host.ShellAsync(other, "echo fine > /tmp/x")).ExitCode);
        Assert.Equal("still here\n", (await host.ShellAsync(hostile, "echo still here")).StandardOutput);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Forking_without_end_meets_the_process_limit_and_ends_with_the_sandbox(string backend)
    {
        await using var host = new SandboxHost();
        const int Limit = 128;
        Sandbox hostile = await host.CreateAsync(backend, s => s with { PidLimit = Limit });
        Sandbox other = await host.CreateAsync(backend);
        await using SandboxCommand bomb = await host.Manager.StartCommandAsync(hostile.Id, CommandSpecification.Shell("bomb() { bomb | bomb & }; bomb; while :; do sleep 0.1; done"));
        await Task.Delay(1500);
        // gVisor's kernel needs the machine's threads for its processes, and ends when it gets no more.
        Sandbox bombed = host.Manager.Get(hostile.Id);
        Assert.True(bombed.ProcessCount <= Limit || (backend == "GVisor" && bombed.State == SandboxState.Failed));
        Assert.Equal(0, (await host.ShellAsync(other, "true")).ExitCode);
        await host.Manager.RemoveAsync(hostile.Id);
        await host.NothingIsLeftOfAsync(hostile);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Using_up_the_memory_ends_the_command_and_not_the_sandbox(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox hostile = await host.CreateAsync(backend, s => s with { Memory = 64L << 20 });
        const string Eat = "perl -e 'my @a; push @a, \"x\" x 1000000 while 1'";
        if (backend == "GVisor")
        {
            // The memory is that of gVisor's kernel, which the machine's kernel then ends: the whole sandbox, and it can be started again.
            SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.ShellAsync(hostile, Eat));
            Assert.True(e.ErrorId is SandboxErrorId.GuestDisconnected or SandboxErrorId.SandboxNotRunning);
            Assert.Equal(SandboxState.Failed, host.Manager.Get(hostile.Id).State);
            await host.Manager.StartAsync(hostile.Id);
            Assert.Equal("again\n", (await host.ShellAsync(hostile, "echo again")).StandardOutput);
            return;
        }

        CommandResult result = await host.ShellAsync(hostile, Eat);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Equal("alive\n", (await host.ShellAsync(hostile, "echo alive")).StandardOutput);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Killing_everything_that_it_can_reach_harms_nobody_else(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox hostile = await host.CreateAsync(backend);
        Sandbox other = await host.CreateAsync(backend);
        try
        {
            await host.ShellAsync(hostile, "kill -9 -1; for p in /proc/[0-9]*; do kill -9 ${p#/proc/} 2>/dev/null; done; true");
        }
        catch (SandboxException e)
        {
            Assert.Equal(SandboxErrorId.GuestDisconnected, e.ErrorId); // In a chroot the guest is a process like any other of its user.
        }

        Assert.Equal("ok\n", (await host.ShellAsync(other, "echo ok")).StandardOutput);
        SandboxState state = host.Manager.Get(hostile.Id).State;
        Assert.True(state is SandboxState.Running or SandboxState.Failed);
        await host.Manager.RemoveAsync(hostile.Id);
        await host.NothingIsLeftOfAsync(hostile);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Flooding_its_output_is_held_up_and_not_buffered(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox hostile = await host.CreateAsync(backend);
        await using SandboxCommand flood = await host.Manager.StartCommandAsync(hostile.Id, CommandSpecification.Shell("yes & yes >&2"));
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await Task.Delay(2000);
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 32L << 20);
        Assert.Equal("other commands go on\n", (await host.ShellAsync(hostile, "echo other commands go on")).StandardOutput);
        await flood.StopAsync();
        Assert.NotNull((await flood.Completion).Signal);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task No_set_user_id_program_can_be_left_in_a_folder_of_the_host(string backend)
    {
        await using var host = new SandboxHost();
        string share = Directory.CreateDirectory(Path.Combine(host.Root, "share")).FullName;
        Sandbox hostile = await host.CreateAsync(backend, s => s with { Mounts = [SandboxMount.Parse($"{share}:/project:rw")] });
        CommandResult result = await host.ShellAsync(
            hostile,
            "cp /bin/id /project/a && for m in 4755 2755 6755 u+s g+s; do chmod $m /project/a; done; install -m 4755 /bin/id /project/b; perl -e 'use Fcntl; sysopen(F, \"/project/c\", O_CREAT|O_WRONLY, 04755); chmod 04755, F'; true");
        Assert.Contains("Operation not permitted", result.StandardError, StringComparison.Ordinal);
        Assert.NotEmpty(Directory.EnumerateFiles(share));
        Assert.All(Directory.EnumerateFiles(share), f => Assert.Equal((UnixFileMode)0, File.GetUnixFileMode(f) & (UnixFileMode.SetUser | UnixFileMode.SetGroup)));
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task What_it_does_to_its_root_before_a_restart_leads_nowhere_on_the_host(string backend)
    {
        await using var host = new SandboxHost();
        string secret = Path.Combine(host.Root, "secret");
        string share = Directory.CreateDirectory(Path.Combine(host.Root, "share")).FullName;
        Sandbox hostile = await host.CreateAsync(backend, s => s with { Mounts = [SandboxMount.Parse($"{share}:/tmp/data")], Network = backend == "GVisor" ? NetworkMode.None : NetworkMode.Host, User = "0:0" });
        await File.WriteAllTextAsync(secret, "untouched");
        // Links where the next start will mount and write.
        await host.ShellAsync(hostile, $"rm -rf /etc /tmp/other; ln -s {host.Root} /tmp/other; mkdir -p /etc; ln -sf {secret} /etc/resolv.conf; ln -sf {secret} /etc/passwd; true");
        await host.Manager.StopAsync(hostile.Id);
        await host.Manager.StartAsync(hostile.Id);
        Assert.Equal("untouched", await File.ReadAllTextAsync(secret));
        Assert.Equal(0, (await host.ShellAsync(hostile, "test -d /tmp/data")).ExitCode);
    }
}
