using AgentSandbox.Isolation.Canaries;

namespace AgentSandbox.IntegrationTests.Isolation;

public class CanaryTests
{
    [Fact]
    public async Task Nothing_is_left_of_them()
    {
        HostCanaries canaries = await HostCanaries.PlantAsync(CancellationToken.None);
        (int process, string folder, string name) = (canaries.Process.Id, canaries.Files.Folder, canaries.AbstractName);
        Assert.True(Directory.Exists($"/proc/{process}"));
        Assert.Contains(name, await File.ReadAllTextAsync("/proc/net/unix"), StringComparison.Ordinal);

        string key = canaries.Memory.Key.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains(await File.ReadAllLinesAsync("/proc/sysvipc/shm"), line => line.TrimStart().StartsWith(key + " ", StringComparison.Ordinal));

        await canaries.DisposeAsync();
        Assert.DoesNotContain(await File.ReadAllLinesAsync("/proc/sysvipc/shm"), line => line.TrimStart().StartsWith(key + " ", StringComparison.Ordinal));
        Assert.False(Directory.Exists($"/proc/{process}"));
        Assert.False(Directory.Exists(folder));
        Assert.DoesNotContain(name, await File.ReadAllTextAsync("/proc/net/unix"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_process_ends_with_whoever_planted_it()
    {
        await using HostCanaries canaries = await HostCanaries.PlantAsync(CancellationToken.None);
        canaries.Process.LetGo();
        for (int i = 0; i < 200 && !canaries.Process.HasExited; i++)
        {
            await Task.Delay(25);
        }

        Assert.True(canaries.Process.HasExited);
    }

    [Fact]
    public async Task Every_signal_is_written_down()
    {
        await using HostCanaries canaries = await HostCanaries.PlantAsync(CancellationToken.None);
        for (int i = 0; i < 5; i++)
        {
            int before = canaries.Process.Signals;
            Assert.Equal(0, (await GuestProgram.RunAsync("kill", "-USR1", canaries.Process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture))).ExitCode);
            Assert.True(await canaries.Process.SignalledSinceAsync(before, TimeSpan.FromSeconds(10), CancellationToken.None));
        }

        Assert.Equal(5, canaries.Process.Signals);
    }

    [Fact]
    public async Task Memory_that_a_killed_run_left_is_removed_by_the_next_and_nobody_elses_is()
    {
        // As ours, and with our keys but another text: made by programs that are gone by now.
        int ours = await MakeAsync(0x4153_0000, "agentsandbox-canary-0123");
        int others = await MakeAsync(0x4153_0000, "something else");
        try
        {
            await using HostCanaries canaries = await HostCanaries.PlantAsync(CancellationToken.None);
            string[] left = await File.ReadAllLinesAsync("/proc/sysvipc/shm");
            Assert.DoesNotContain(left, line => line.TrimStart().StartsWith($"{ours} ", StringComparison.Ordinal));
            Assert.Contains(left, line => line.TrimStart().StartsWith($"{others} ", StringComparison.Ordinal));
        }
        finally
        {
            Assert.Equal(0, (await GuestProgram.RunAsync("ipcrm", "--shmem-key", others.ToString(System.Globalization.CultureInfo.InvariantCulture))).ExitCode);
        }
    }

    private static async Task<int> MakeAsync(int mark, string text)
    {
        int key = mark | Random.Shared.Next(1, 0x1_0000);
        const string Script = "use IPC::SysV qw(IPC_CREAT IPC_EXCL); my $id = shmget($ARGV[0], 4096, IPC_CREAT | IPC_EXCL | 0666) // die $!; shmwrite($id, $ARGV[1], 0, 4096) or die $!;";
        (int exitCode, _, string error) = await GuestProgram.RunAsync("perl", "-e", Script, key.ToString(System.Globalization.CultureInfo.InvariantCulture), text);
        Assert.True(exitCode == 0, error);
        return key;
    }
}
