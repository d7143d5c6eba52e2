using System.Text;
using AgentSandbox.Isolation;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>A guest that lies. The payload that the host looks at is not confined at all.</summary>
public class LyingGuestTests
{
    [Theory]
    [InlineData("kernel.seccomp")]
    [InlineData("priv.caps")]
    [InlineData("priv.host-root")]
    [InlineData("priv.nnp")]
    [InlineData("res.memory")]
    [InlineData("res.pids")]
    [InlineData("res.cpu")]
    [InlineData("kernel.shared")]
    [InlineData("fs.host-owner")]
    [InlineData("fs.propagation")]
    [InlineData("ns.inventory")]
    [InlineData("process.env-leak")]
    [InlineData("process.fd-leak", "sh", "-c", "exec 9</etc; exec \"$@\"", "sh")]
    [InlineData("process.tty", "sh", "-c", "exec script -qec \"$*; true\" /dev/null", "sh")]
    public async Task What_the_host_sees_is_not_the_guests_to_tell(string id, params string[] launcher)
    {
        await using RawSandbox sandbox = await RawSandbox.LyingAsync(Says("""{"outcome":"closed","errno":1,"selfTest":true,"detail":"all fine","nonce":""}"""), launcher);
        IsolationResult result = await sandbox.RunAsync(id);
        Assert.True(result is { Verdict: IsolationVerdict.Exposed, ObservedBy: IsolationObserver.Host }, result.Evidence);
    }

    [Theory]
    [InlineData("process.signal-host")]
    [InlineData("process.host-visible")]
    [InlineData("net.host-loopback")]
    [InlineData("fs.rootfs-readonly")]
    [InlineData("kernel.proc-masks")]
    [InlineData("fs.base-intact")]
    [InlineData("net.host-gateway")]
    [InlineData("priv.setuid-files")]
    public async Task A_guest_that_claims_to_be_held_is_quoted_as_such(string id)
    {
        await using RawSandbox sandbox = await RawSandbox.LyingAsync(Says("""{"outcome":"closed","errno":1,"selfTest":true,"detail":"all fine","nonce":""}"""));
        IsolationResult result = await sandbox.RunAsync(id);
        Assert.True(result is { Verdict: IsolationVerdict.Isolated, ObservedBy: IsolationObserver.GuestReport }, result.Evidence);
    }

    [Theory]
    [InlineData("process.signal-host")]
    [InlineData("process.host-visible")]
    [InlineData("fs.host-path")]
    [InlineData("fs.host-write")]
    [InlineData("net.host-gateway")]
    [InlineData("process.env-leak", "env", "-i")]
    public async Task A_guest_that_claims_to_be_out_needs_proof(string id, params string[] launcher)
    {
        await using RawSandbox sandbox = await RawSandbox.LyingAsync(Says("""{"outcome":"open","errno":0,"selfTest":true,"detail":"got it","nonce":"0123456789abcdef"}"""), launcher);
        Assert.Equal(IsolationVerdict.Inconclusive, (await sandbox.RunAsync(id)).Verdict);
    }

    [Fact]
    public async Task A_guest_whose_own_control_fails_proves_nothing()
    {
        await using RawSandbox sandbox = await RawSandbox.LyingAsync(Says("""{"outcome":"closed","errno":1,"selfTest":false,"detail":"no /proc","nonce":""}"""));
        Assert.Equal(IsolationVerdict.Inconclusive, (await sandbox.RunAsync("process.host-visible")).Verdict);
    }

    [Fact]
    public async Task Garbage_and_floods_are_inconclusive()
    {
        foreach (string answer in new[] { "", "\n", "not json", "{}", new string('x', 100_000) })
        {
            await using RawSandbox sandbox = await RawSandbox.LyingAsync(Says(answer));
            Assert.Equal(IsolationVerdict.Inconclusive, (await sandbox.RunAsync("net.host-loopback")).Verdict);
        }
    }

    [Fact]
    public async Task A_dead_canary_makes_no_boundary()
    {
        await using RawSandbox sandbox = await RawSandbox.OpenAsync(new SandboxSpecification { Backend = "raw" });
        using (var canary = System.Diagnostics.Process.GetProcessById(sandbox.Context.Canaries.Process.Id))
        {
            canary.Kill();
            await canary.WaitForExitAsync();
        }

        IsolationResult result = await sandbox.RunAsync("process.host-visible");
        Assert.Equal(IsolationVerdict.Inconclusive, result.Verdict);
    }

    private static ProbeRunner Says(string answer) => (_, _) => Task.FromResult(Encoding.UTF8.GetBytes(answer + "\n"));
}
