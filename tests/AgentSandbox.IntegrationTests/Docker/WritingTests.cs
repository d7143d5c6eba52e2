using AgentSandbox.IntegrationTests.Behaviour;
using AgentSandbox.IntegrationTests.Isolation;

namespace AgentSandbox.IntegrationTests.Docker;

/// <summary>Where a command in an engine's sandbox can write, and what it can leave on the host.</summary>
public class WritingTests
{
    [Theory]
    [InlineData("Docker")]
    [InlineData("GVisor")]
    public async Task A_read_only_sandbox_has_memory_to_write_to_and_nothing_else(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await AttackTests.CreateAsync(host, backend, null, s => s with { ReadOnly = true });
        string[] writable = await WritableFoldersAsync(host, sandbox);
        Assert.Contains("/tmp", writable);
        Assert.Contains("/var/tmp", writable); // /run is root's in most images, and some runtimes keep it so.

        // Shared memory and message queues are no files: programs that use them would not run at all.
        Assert.Empty(writable.Except(["/tmp", "/var/tmp", "/run", "/dev/shm", "/dev/mqueue"]));

        CommandResult run = await host.ShellAsync(sandbox, "cp /bin/busybox /tmp/echo && /tmp/echo built and run");
        Assert.Equal("built and run", run.StandardOutput.Trim());
    }

    [Theory]
    [InlineData("Docker")]
    [InlineData("GVisor")]
    public async Task Root_in_a_read_only_sandbox_reaches_no_disk_either(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await AttackTests.CreateAsync(host, backend, "root", s => s with { ReadOnly = true });

        // Root owns the folders of devices and control groups, which are memory too.
        string[] memory = ["/tmp", "/var/tmp", "/run", "/dev", "/sys/fs/cgroup"];
        string[] writable = await WritableFoldersAsync(host, sandbox);
        Assert.DoesNotContain(writable, folder => !memory.Any(m => folder == m || folder.StartsWith(m + "/", StringComparison.Ordinal)));
        CommandResult remount = await host.ShellAsync(sandbox, "mount -o remount,rw / 2>/dev/null; touch /bin/new 2>/dev/null || echo refused");
        Assert.Equal("refused", remount.StandardOutput.Trim());
    }

    [Fact]
    public async Task A_volume_of_the_image_is_writable_until_the_sandbox_is_read_only()
    {
        await using var host = new SandboxHost();
        Sandbox open = await AttackTests.CreateAsync(host, "Docker", null);
        Assert.Equal(0, (await host.ShellAsync(open, $"touch {TestImage.Volume}/file")).ExitCode);
        Sandbox closed = await AttackTests.CreateAsync(host, "Docker", null, s => s with { ReadOnly = true });
        Assert.NotEqual(0, (await host.ShellAsync(closed, $"touch {TestImage.Volume}/file")).ExitCode);
    }

    [Theory]
    [InlineData("Docker")]
    [InlineData("GVisor")]
    public async Task What_is_mounted_below_a_read_only_mount_is_not_writable(string backend)
    {
        string folder = Directory.CreateTempSubdirectory("agsb-nested-").FullName;
        string inner = Directory.CreateDirectory(Path.Combine(folder, "inner")).FullName;
        (int exitCode, _, string error) = await GuestProgram.RunAsync("mount", "-t", "tmpfs", "-o", "size=1m,mode=1777", "none", inner);
        Assert.True(exitCode == 0, error);
        try
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0x3FF);
            File.WriteAllText(Path.Combine(folder, "outer"), "seen");
            await using var host = new SandboxHost();
            Sandbox sandbox = await AttackTests.CreateAsync(host, backend, null, s => s with { Mounts = [new SandboxMount { Source = folder, Target = "/m" }] });
            CommandResult result = await host.ShellAsync(sandbox, "cat /m/outer; for place in /m /m/inner; do touch $place/new 2>/dev/null && echo wrote $place; done; true");
            Assert.Equal("seen", result.StandardOutput.Trim());
            Assert.Empty(Directory.EnumerateFileSystemEntries(inner));
        }
        finally
        {
            await GuestProgram.RunAsync("umount", inner);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("Docker")]
    [InlineData("GVisor")]
    public async Task No_set_id_program_and_no_device_is_left_on_the_host(string backend)
    {
        string folder = Directory.CreateTempSubdirectory("agsb-left-").FullName;
        try
        {
            await using var host = new SandboxHost();
            Sandbox sandbox = await AttackTests.CreateAsync(host, backend, "root", s => s with { Mounts = [new SandboxMount { Source = folder, Target = "/m", ReadOnly = false }] });
            CommandResult result = await host.ShellAsync(sandbox, "cd /m; cp /bin/busybox sh; chmod 4755 sh; chmod g+s sh; mkdir -m 2777 folder; mknod disk b 7 0; mknod mem c 1 1; touch control; true");
            Assert.True(File.Exists(Path.Combine(folder, "control")), result.StandardError);
            foreach (string path in Directory.EnumerateFileSystemEntries(folder))
            {
                Assert.Equal((UnixFileMode)0, File.GetUnixFileMode(path) & (UnixFileMode.SetUser | UnixFileMode.SetGroup));
                Assert.DoesNotContain(Path.GetFileName(path), new[] { "disk", "mem" });
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<string[]> WritableFoldersAsync(SandboxHost host, Sandbox sandbox)
    {
        CommandResult result = await host.ShellAsync(sandbox, "find / -type d 2>/dev/null | while read -r folder; do touch \"$folder/.written\" 2>/dev/null && echo \"$folder\"; done; true");
        return result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
