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

        await canaries.DisposeAsync();
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
}
