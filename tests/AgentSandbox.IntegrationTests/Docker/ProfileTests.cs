using AgentSandbox.Backends.Docker.Linux;
using AgentSandbox.IntegrationTests.Isolation;

namespace AgentSandbox.IntegrationTests.Docker;

/// <summary>The engine's half of the system call filter by itself: a program that got past the guest's would still meet it.</summary>
public class ProfileTests
{
    private const int Fault = 14;

    [Fact]
    public async Task It_denies_without_the_guests_filter_what_is_open_without_it()
    {
        Assert.Contains("\"outcome\":\"open\"", await VsockAsync("unconfined"), StringComparison.Ordinal);
        int open = await UringAsync("unconfined");
        string file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, SeccompProfile.For(denySetIdBits: true));
            string closed = await VsockAsync(file);
            Assert.Contains("\"outcome\":\"closed\"", closed, StringComparison.Ordinal);
            Assert.Contains("\"selfTest\":true", closed, StringComparison.Ordinal);
            Assert.True(open == Fault, $"This kernel has io_uring switched off (errno {open}): nothing to show.");
            Assert.Equal(1, await UringAsync(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<string> VsockAsync(string profile) => await TestImage.DockerAsync(
        "run", "--rm", "--network", "none", "--security-opt", "seccomp=" + profile, "--volume", $"{GuestProgram.Path}:/probe:ro", await TestImage.NameAsync(), "/probe", "probe", "net.vsock");

    /// <summary>errno of io_uring_setup(1, NULL): EFAULT where the call is reached.</summary>
    private static async Task<int> UringAsync(string profile) => int.Parse(
        await TestImage.DockerAsync(
            "run", "--rm", "--network", "none", "--security-opt", "seccomp=" + profile, "--volume", "/usr:/usr:ro", "--volume", "/usr/lib:/lib:ro", "--volume", "/usr/lib64:/lib64:ro", await TestImage.NameAsync(),
            "/usr/bin/perl", "-e", "syscall(425, 1, 0); print $! + 0"),
        System.Globalization.CultureInfo.InvariantCulture);
}
