
namespace AgentSandbox.IntegrationTests.Behaviour;

public sealed class LifecycleTests
{
    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task A_sandbox_is_created_looked_at_and_removed(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { Name = "first", Memory = 256L << 20 });
        Assert.Equal("first", sandbox.Name);
        Assert.Equal(SandboxState.Running, sandbox.State);
        Assert.Equal(backend, sandbox.Backend);
        Assert.Equal(256L << 20, sandbox.Limits.Memory);
        Assert.True(sandbox.ProcessId > 1);
        Assert.True(sandbox.ProcessCount >= 1);
        Assert.True(sandbox.MemoryUsage > 0);
        Assert.NotNull(sandbox.CpuTime);

        await using var other = new SandboxManager(host.Home); // Another process, as far as state goes.
        Assert.Equal(sandbox.Id, Assert.Single(other.List()).Id);
        Assert.Equal(sandbox.Id, other.Get("FIRST").Id);
        Assert.Equal(sandbox.Id, other.Get(sandbox.Id).Id);

        await other.RemoveAsync(sandbox.Id);
        Assert.Empty(host.Manager.List());
        await Eventually(() => SandboxHost.RemainsOf(sandbox.Id, host.Root).Count == 0);
        Assert.False(host.IsThere(sandbox));
        Assert.Equal(SandboxErrorId.SandboxNotFound, Assert.Throws<SandboxException>(() => host.Manager.Get("first")).ErrorId);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Stop_keeps_the_files_and_start_resumes_on_them(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        Assert.Equal(0, (await host.ShellAsync(sandbox, "echo kept > ~/file")).ExitCode);
        await host.ShellAsync(sandbox, "sleep 7421 >/dev/null 2>&1 &"); // A number of its own: a chroot sees what other tests run.

        Sandbox stopped = await host.Manager.StopAsync(sandbox.Id);
        Assert.Equal(SandboxState.Stopped, stopped.State);
        Assert.Null(stopped.ProcessId);
        await Eventually(() => SandboxHost.RemainsOf(sandbox.Id, host.Root).Count == 0);
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => host.ShellAsync(sandbox, "true"));
        Assert.Equal(SandboxErrorId.SandboxNotRunning, e.ErrorId);

        Sandbox started = await host.Manager.StartAsync(sandbox.Id);
        Assert.Equal(SandboxState.Running, started.State);
        Assert.Equal("kept\n", (await host.ShellAsync(sandbox, "cat ~/file")).StandardOutput);
        Assert.Equal("", (await host.ShellAsync(sandbox, "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -o 'sleep 742[1]'")).StandardOutput);

        Assert.Equal(SandboxState.Running, (await host.Manager.StartAsync(sandbox.Id)).State); // Once more changes nothing.
        await host.Manager.StopAsync(sandbox.Id);
        Assert.Equal(SandboxState.Stopped, (await host.Manager.StopAsync(sandbox.Id)).State);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Time_to_live_ends_a_sandbox_with_nobody_there(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { TimeToLive = TimeSpan.FromSeconds(2) });
        Assert.NotNull(sandbox.Expires);
        await Eventually(() => !host.IsThere(sandbox) && SandboxHost.RemainsOf(sandbox.Id, host.Root).Count == 0);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task A_stopped_sandbox_whose_time_is_over_is_removed_by_the_next_look(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { TimeToLive = TimeSpan.FromSeconds(3) });
        await host.Manager.StopAsync(sandbox.Id);
        await Task.Delay(3500);
        Assert.Empty(host.Manager.List());
        Assert.False(host.IsThere(sandbox));
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task An_idle_sandbox_is_stopped_and_a_busy_one_is_not(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { IdleTimeout = TimeSpan.FromSeconds(2) });
        Assert.Equal(0, (await host.ShellAsync(sandbox, "sleep 5")).ExitCode);
        await Eventually(() => host.Manager.Get(sandbox.Id).State == SandboxState.Stopped);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Mounts_are_read_only_unless_said_and_what_is_written_belongs_to_the_folders_owner(string backend)
    {
        await using var host = new SandboxHost();
        string folder = Directory.CreateDirectory(Path.Combine(host.Root, "share")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "in.txt"), "from the host");
        await ChangeOwner(folder, 1234);
        Sandbox sandbox = await host.CreateAsync(backend, s => s with
        {
            Mounts = [SandboxMount.Parse($"{folder}:/data"), SandboxMount.Parse($"{folder}:/project/deep:rw"), SandboxMount.Parse($"{folder}/in.txt:/one.txt")],
        });
        Assert.Equal("from the host", (await host.ShellAsync(sandbox, "cat /data/in.txt")).StandardOutput);
        Assert.Equal("from the host", (await host.ShellAsync(sandbox, "cat /one.txt")).StandardOutput);
        Assert.NotEqual(0, (await host.ShellAsync(sandbox, "echo x > /data/new")).ExitCode);
        CommandResult written = await host.ShellAsync(sandbox, "echo out > /project/deep/out.txt");
        Assert.Equal("", written.StandardError);
        Assert.Equal("out\n", await File.ReadAllTextAsync(Path.Combine(folder, "out.txt")));
        Assert.Equal((1234u, 1234u), Backends.Linux.FileSystem.FileOwner.Of(Path.Combine(folder, "out.txt")));
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task A_read_only_sandbox_can_write_to_its_temporary_folders_only(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { ReadOnly = true });
        Assert.Equal("ok\n", (await host.ShellAsync(sandbox, "for d in /tmp /var/tmp; do echo x > $d/f || exit 1; done; echo ok")).StandardOutput);
        Assert.Equal("", (await host.ShellAsync(sandbox, "for d in / /etc /opt /home; do echo x > $d/f; done 2>/dev/null; ls /f /etc/f /opt/f /home/f 2>/dev/null")).StandardOutput);
    }

    [Theory, MemberData(nameof(SandboxHost.Backends), MemberType = typeof(SandboxHost))]
    public async Task Environment_user_and_working_directory_are_what_was_asked_for(string backend)
    {
        await using var host = new SandboxHost();
        Environment.SetEnvironmentVariable("AGSB_TEST_SECRET", "hunter2");
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { Environment = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" }, WorkingDirectory = "/usr" });
        CommandResult result = await host.Manager.RunAsync(sandbox.Id, CommandSpecification.Shell("echo $A $B; pwd; env") with { Environment = new Dictionary<string, string> { ["B"] = "3" } });
        Assert.StartsWith("1 3\n/usr\n", result.StandardOutput, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", result.StandardOutput, StringComparison.Ordinal);
        Assert.Equal("/etc\n", (await host.Manager.RunAsync(sandbox.Id, CommandSpecification.Shell("pwd") with { WorkingDirectory = "/etc" })).StandardOutput);
    }

    private static async Task ChangeOwner(string folder, int id)
    {
        foreach (string path in Directory.EnumerateFileSystemEntries(folder).Prepend(folder))
        {
            using var chown = System.Diagnostics.Process.Start("chown", [$"{id}:{id}", path]);
            await chown.WaitForExitAsync();
            Assert.Equal(0, chown.ExitCode);
        }
    }

    private static async Task Eventually(Func<bool> condition)
    {
        for (int i = 0; i < 300 && !condition(); i++)
        {
            await Task.Delay(100);
        }

        Assert.True(condition());
    }
}
