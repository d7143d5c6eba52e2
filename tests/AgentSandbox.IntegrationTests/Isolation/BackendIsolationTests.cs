using AgentSandbox.IntegrationTests.Behaviour;
using AgentSandbox.Isolation;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>What our own backends hold: the claims of the documentation, measured.</summary>
public partial class BackendIsolationTests
{
    [Fact]
    public async Task Nspawn_holds_everything_but_its_own_kernel()
    {
        Dictionary<string, IsolationResult> results = await TestAsync(new SandboxSpecification { Backend = "Nspawn" });
        Assert.Equal(IsolationTester.Catalogue.Select(probe => probe.Id), results.Keys);
        AssertOnlySharedKernel(results);
    }

    [Fact]
    public async Task Nspawn_holds_root_too()
    {
        Dictionary<string, IsolationResult> results = await TestAsync(new SandboxSpecification { Backend = "Nspawn", User = "root" });
        AssertOnlySharedKernel(results);
    }

    [Fact]
    public async Task Root_in_our_chroot_is_the_hosts_root_and_the_probes_say_so()
    {
        Dictionary<string, IsolationResult> results = await TestAsync(new SandboxSpecification { Backend = "Chroot", User = "root" });
        AssertExposed(results, "process.host-visible", IsolationObserver.GuestProof);
        AssertExposed(results, "process.signal-host", IsolationObserver.Host);
        AssertExposed(results, "process.ptrace-host", IsolationObserver.Host);
        AssertExposed(results, "fs.chroot-reentry", IsolationObserver.GuestProof);
        AssertExposed(results, "fs.proc-root", IsolationObserver.GuestProof);
        AssertExposed(results, "priv.host-root", IsolationObserver.Host);
        AssertExposed(results, "priv.caps", IsolationObserver.Host);
        AssertExposed(results, "ns.inventory", IsolationObserver.Host);
        AssertExposed(results, "device.block", IsolationObserver.GuestReport); // its /dev takes nodes, though all else is nodev
        AssertExposed(results, "kernel.proc-masks", IsolationObserver.GuestReport);
        AssertExposed(results, "fs.host-owner", IsolationObserver.Host);
        AssertExposed(results, "fs.base-intact", IsolationObserver.Host); // It takes "read-only" off the mount of the host's /usr.
    }

    [Fact]
    public async Task An_ordinary_user_in_our_chroot_sees_the_host_but_does_not_reach_it()
    {
        Dictionary<string, IsolationResult> results = await TestAsync(new SandboxSpecification { Backend = "Chroot" });
        AssertExposed(results, "process.host-visible", IsolationObserver.GuestProof);
        AssertExposed(results, "ns.inventory", IsolationObserver.Host);
        foreach (string id in new[]
        {
            "process.signal-host", "process.ptrace-host", "fs.host-path", "fs.host-write", "fs.chroot-reentry", "fs.proc-root", "priv.host-root", "priv.caps", "priv.nnp",
            "kernel.seccomp", "kernel.nested-userns", "net.vsock", "device.block", "res.memory", "res.pids", "res.cpu", "res.disk",
            "kernel.proc-masks", "fs.host-owner", "fs.base-intact", "fs.propagation", "fs.rootfs-readonly",
            "process.env-leak", "process.fd-leak", "process.tty", "priv.setuid-files",
        })
        {
            Assert.True(results[id].Verdict == IsolationVerdict.Isolated, Describe(results[id]));
        }
    }

    [Fact]
    public async Task Our_chroot_shares_the_hosts_network_and_nobody_asked_for_that()
    {
        Dictionary<string, IsolationResult> results = await TestAsync(new SandboxSpecification { Backend = "Chroot" }, "net.host-loopback", "net.abstract-unix");
        Assert.All(results.Values, result => Assert.True(result is { Verdict: IsolationVerdict.Exposed, ObservedBy: IsolationObserver.GuestProof }, Describe(result)));
    }

    [Fact]
    public async Task Openings_that_were_asked_for_are_declared()
    {
        var specification = new SandboxSpecification { Backend = "Nspawn", Network = NetworkMode.Host, Memory = 0, PidLimit = 0, Cpu = 0, DiskLimit = 0 };
        Dictionary<string, IsolationResult> results = await TestAsync(specification, "net.host-loopback", "net.abstract-unix", "res.memory", "res.pids", "res.cpu", "res.disk", "ns.inventory");
        Assert.Equal(7, results.Count);
        Assert.All(results.Values, result => Assert.True(result.Verdict == IsolationVerdict.Declared, Describe(result)));
    }

    [Theory]
    [InlineData("Nspawn")]
    [InlineData("Chroot")]
    [InlineData("Docker")]
    [InlineData("GVisor")]
    public async Task A_run_that_is_given_up_leaves_nothing(string backend)
    {
        await using var host = new SandboxHost(); // Its disposal fails on remains.
        await foreach (IsolationResult result in new IsolationTester(host.Manager).TestAsync("test", new SandboxSpecification { Backend = backend }))
        {
            Assert.Equal("test", result.Subject);
            Assert.Single(host.Manager.List());
            break;
        }

        Assert.Empty(host.Manager.List());
    }

    [Fact]
    public async Task A_cancelled_run_leaves_nothing()
    {
        await using var host = new SandboxHost();
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (IsolationResult _ in new IsolationTester(host.Manager).TestAsync("test", new SandboxSpecification { Backend = "Nspawn" }, cancellationToken: cancellation.Token))
            {
                await cancellation.CancelAsync();
            }
        });
        Assert.Empty(host.Manager.List());
    }

    private static async Task<Dictionary<string, IsolationResult>> TestAsync(SandboxSpecification specification, params string[] ids)
    {
        await using var host = new SandboxHost();
        var results = new Dictionary<string, IsolationResult>();
        await foreach (IsolationResult result in new IsolationTester(host.Manager).TestAsync("test", specification, ids.Length == 0 ? null : ids))
        {
            results.Add(result.Id, result);
        }

        Assert.Empty(host.Manager.List());
        return results;
    }

    /// <summary>Containers have the host's kernel, which the catalogue calls an opening of medium severity; a security module's profile is the engine's or nobody's.</summary>
    private static void AssertOnlySharedKernel(Dictionary<string, IsolationResult> results, params string[] known)
    {
        AssertExposed(results, "kernel.shared", IsolationObserver.Host);
        AssertHolds(results, [.. known, "kernel.shared"]);
    }

    private static void AssertHolds(Dictionary<string, IsolationResult> results, params string[] known)
    {
        IsolationResult[] open = [.. results.Values.Where(result => !known.Contains(result.Id) && result.Id != "kernel.lsm" && result.Verdict is not (IsolationVerdict.Isolated or IsolationVerdict.NotApplicable))];
        Assert.True(open.Length == 0, Describe(open));
        Assert.True(results["kernel.lsm"].Verdict == IsolationVerdict.NotApplicable || AgentSandbox.Isolation.Observation.SecurityModules.Active().Count > 0, Describe(results["kernel.lsm"]));
    }

    private static void AssertExposed(Dictionary<string, IsolationResult> results, string id, IsolationObserver observedBy) =>
        Assert.True(results[id].Verdict == IsolationVerdict.Exposed && results[id].ObservedBy == observedBy, Describe(results[id]));

    private static string Describe(params IsolationResult[] results) =>
        string.Join('\n', results.Select(result => $"{result.Id}: {result.Verdict} by {result.ObservedBy}: {result.Evidence}"));
}
