using AgentSandbox.IntegrationTests.Docker;
using AgentSandbox.Isolation;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>The same for the container engine's backends. What the host can see of each is in docs/isolation.md.</summary>
public partial class BackendIsolationTests
{
    /// <summary>Probes whose verdict is the guest's word, also with the defaults; all others are the host's.</summary>
    private static readonly string[] s_reported =
    [
        "fs.host-path", "fs.host-write", "fs.proc-root", "fs.chroot-reentry", "process.host-visible", "net.vsock", "kernel.nested-userns", "device.block",
        "fs.mount", "net.raw", "net.control-sockets", "kernel.sysctl-write", "kernel.sysfs-write", "kernel.kallsyms", "kernel.dmesg", "kernel.bpf", "kernel.keyring", "kernel.io-uring",
        "kernel.userfaultfd", "kernel.handle-open", "kernel.module", "priv.clock", "device.special", "res.cgroup-write",
        "kernel.proc-masks", "fs.rootfs-readonly",
    ];

    [Theory]
    [InlineData("Docker")]
    [InlineData("GVisor")]
    public async Task An_engines_defaults_hold_everything_but_disk_space_and_dockers_kernel(string backend)
    {
        Dictionary<string, IsolationResult> results = await TestAsync(new SandboxSpecification { Backend = backend });
        Assert.Equal(IsolationTester.Catalogue.Select(probe => probe.Id), results.Keys);

        // Of a process behind gVisor the host sees the kernel that answers it, which is in the host's process namespace: no proof there.
        string[] reported = backend == "GVisor" ? [.. s_reported, "process.signal-host", "process.ptrace-host", "process.environ-host", "process.env-leak", "process.fd-leak"] : s_reported;
        foreach (IsolationResult result in results.Values.Where(result => result.Id is not ("res.disk" or "kernel.shared" or "kernel.lsm")))
        {
            if (result.Verdict == IsolationVerdict.NotApplicable)
            {
                Assert.True(result.Id is "net.egress" or "net.host-gateway" or "net.vsock" or "kernel.nested-userns" || (result.Id == "device.special" && backend == "GVisor") || result.Evidence.StartsWith("On this host it is refused", StringComparison.Ordinal) || result.Id.Split('.')[0] is "wsl" or "wsb", Describe(result)); // This machine lacks it.
                continue;
            }

            IsolationObserver observer = reported.Contains(result.Id) ? IsolationObserver.GuestReport : IsolationObserver.Host;
            Assert.True(result.Verdict == IsolationVerdict.Isolated && result.ObservedBy == observer, Describe(result));
        }

        IsolationResult kernel = results["kernel.shared"];
        Assert.True(kernel.ObservedBy == IsolationObserver.Host && kernel.Verdict == (backend == "GVisor" ? IsolationVerdict.Isolated : IsolationVerdict.Exposed), Describe(kernel));

        // Only some storages of an engine can limit it, and then the backend does by itself. It is nobody's request, so not declared.
        IsolationResult disk = results["res.disk"];
        Assert.True(disk.Verdict == (disk.Evidence.Contains("no limit", StringComparison.OrdinalIgnoreCase) ? IsolationVerdict.Exposed : IsolationVerdict.Isolated), Describe(disk));
        Assert.Equal(IsolationSeverity.Low, disk.Severity);
    }

    [Fact]
    public async Task A_docker_sandbox_that_can_only_be_read_leaves_the_disk_alone()
    {
        var specification = new SandboxSpecification { Backend = "Docker", Image = await TestImage.NameAsync(), ReadOnly = true };
        Dictionary<string, IsolationResult> results = await TestAsync(specification);
        AssertOnlySharedKernel(results);
    }

    [Fact]
    public async Task What_the_host_cannot_see_of_gVisors_root_it_does_not_judge()
    {
        Dictionary<string, IsolationResult> results = await TestAsync(new SandboxSpecification { Backend = "GVisor", ReadOnly = true });
        Assert.All(results.Values, result => Assert.True(
            result.Verdict == (result.Id is "res.disk" or "fs.host-owner" ? IsolationVerdict.Inconclusive : IsolationVerdict.Isolated) || result.Verdict == IsolationVerdict.NotApplicable, Describe(result)));
    }

    [Fact]
    public async Task Root_in_a_docker_sandbox_is_the_hosts_number_but_has_none_of_its_rights()
    {
        Dictionary<string, IsolationResult> results = await TestAsync(new SandboxSpecification { Backend = "Docker", User = "root" });
        AssertExposed(results, "priv.host-root", IsolationObserver.Host);
        AssertExposed(results, "fs.host-owner", IsolationObserver.Host);
        AssertExposed(results, "ns.inventory", IsolationObserver.Host); // For root the engine's one user namespace counts.
        AssertOnlySharedKernel(results, "priv.host-root", "fs.host-owner", "ns.inventory", "res.disk");
    }

    [Fact]
    public async Task Root_in_gVisor_is_nobody_on_the_host_but_for_its_files()
    {
        Dictionary<string, IsolationResult> results = await TestAsync(new SandboxSpecification { Backend = "GVisor", User = "root" });
        AssertExposed(results, "fs.host-owner", IsolationObserver.Host); // Its processes are not, but the file server makes its files as whom it says.
        AssertHolds(results, "fs.host-owner", "res.disk");
    }

    [Fact]
    public async Task The_hosts_network_in_a_docker_sandbox_is_declared_and_the_rest_holds()
    {
        Dictionary<string, IsolationResult> results = await TestAsync(new SandboxSpecification { Backend = "Docker", Network = NetworkMode.Host });
        foreach (string id in new[] { "net.host-loopback", "net.abstract-unix" })
        {
            Assert.True(results[id] is { Verdict: IsolationVerdict.Declared, ObservedBy: IsolationObserver.GuestProof }, Describe(results[id]));
        }

        Assert.True(results["ns.inventory"] is { Verdict: IsolationVerdict.Declared, ObservedBy: IsolationObserver.Host }, Describe(results["ns.inventory"]));
        Assert.True(results["net.host-gateway"].Verdict is IsolationVerdict.Declared or IsolationVerdict.NotApplicable, Describe(results["net.host-gateway"]));
        Assert.True(results["net.egress"].Verdict is IsolationVerdict.Declared or IsolationVerdict.NotApplicable, Describe(results["net.egress"]));
        string[] declared = ["net.host-loopback", "net.abstract-unix", "net.egress", "net.host-gateway", "ns.inventory", "res.disk"];
        AssertOnlySharedKernel(results, declared);
    }

    [Theory]
    [InlineData("Docker")]
    [InlineData("GVisor")]
    public async Task Limits_that_were_given_up_on_an_engine_are_declared(string backend)
    {
        var specification = new SandboxSpecification { Backend = backend, Memory = 0, PidLimit = 0, Cpu = 0 };
        Dictionary<string, IsolationResult> results = await TestAsync(specification, "res.memory", "res.pids", "res.cpu");
        Assert.All(results.Values, result => Assert.True(result is { Verdict: IsolationVerdict.Declared, ObservedBy: IsolationObserver.Host }, Describe(result)));
    }
}
