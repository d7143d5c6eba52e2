using AgentSandbox.Isolation;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>Every probe on containers with a known opening: it must say so. What our own backends do is in <see cref="BackendIsolationTests"/>.</summary>
public class ContainerProbeTests
{
    public static TheoryData<string, IsolationObserver> OpenWithoutProtections => new()
    {
        { "kernel.seccomp", IsolationObserver.Host },
        { "kernel.nested-userns", IsolationObserver.GuestReport },
        { "priv.caps", IsolationObserver.Host },
        { "priv.host-root", IsolationObserver.Host },
        { "priv.nnp", IsolationObserver.Host },
        { "device.block", IsolationObserver.GuestReport },
        { "net.vsock", IsolationObserver.GuestReport },
        { "res.memory", IsolationObserver.Host },
        { "res.pids", IsolationObserver.Host },
        { "res.cpu", IsolationObserver.Host },
        { "process.host-visible", IsolationObserver.GuestProof },
        { "process.signal-host", IsolationObserver.Host },
        { "process.ptrace-host", IsolationObserver.Host },
        { "fs.proc-root", IsolationObserver.GuestProof },
        { "net.host-loopback", IsolationObserver.GuestProof },
        { "net.abstract-unix", IsolationObserver.GuestProof },
    };

    [Theory]
    [MemberData(nameof(OpenWithoutProtections))]
    public async Task A_container_without_its_protections_is_exposed(string id, IsolationObserver observedBy)
    {
        // What --privileged does, piece by piece: an engine that lacks one capability itself, as in a virtual machine or a container, refuses the whole.
        await using RawSandbox sandbox = await RawSandbox.ContainerAsync(
            "--cap-add", "SYS_ADMIN", "--cap-add", "SYS_PTRACE", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
            "--device-cgroup-rule", "b *:* rmw", "--pid", "host", "--network", "host");
        await AssertAsync(sandbox, id, IsolationVerdict.Exposed, observedBy);
    }

    [Fact]
    public async Task Each_opening_alone_is_exposed_and_leaves_the_others_closed()
    {
        await using (RawSandbox processes = await RawSandbox.ContainerAsync("--pid", "host", "--network", "none"))
        {
            await AssertAsync(processes, "process.host-visible", IsolationVerdict.Exposed, IsolationObserver.GuestProof);
            await AssertAsync(processes, "process.signal-host", IsolationVerdict.Exposed, IsolationObserver.Host);
            await AssertAsync(processes, "net.host-loopback", IsolationVerdict.Isolated, IsolationObserver.Host);
            await AssertAsync(processes, "net.abstract-unix", IsolationVerdict.Isolated, IsolationObserver.Host);
        }

        await using RawSandbox network = await RawSandbox.ContainerAsync("--network", "host");
        await AssertAsync(network, "net.host-loopback", IsolationVerdict.Exposed, IsolationObserver.GuestProof);
        await AssertAsync(network, "net.abstract-unix", IsolationVerdict.Exposed, IsolationObserver.GuestProof);
        await AssertAsync(network, "process.host-visible", IsolationVerdict.Isolated, IsolationObserver.GuestReport);
        await AssertAsync(network, "process.signal-host", IsolationVerdict.Isolated, IsolationObserver.Host);
    }

    [Fact]
    public async Task A_mounted_folder_is_exposed()
    {
        await using RawSandbox sandbox = await RawSandbox.ContainerAsync("--network", "none", "--volume", $"{Path.GetTempPath()}:{Path.GetTempPath()}");
        await AssertAsync(sandbox, "fs.host-path", IsolationVerdict.Exposed, IsolationObserver.GuestProof);
        await AssertAsync(sandbox, "fs.host-write", IsolationVerdict.Exposed, IsolationObserver.Host);
    }

    [Theory]
    [InlineData("priv.caps", IsolationVerdict.Exposed)] // CHOWN, DAC_OVERRIDE, NET_RAW, MKNOD and so on, in the host's user namespace
    [InlineData("priv.host-root", IsolationVerdict.Exposed)]
    [InlineData("priv.nnp", IsolationVerdict.Exposed)]
    [InlineData("res.memory", IsolationVerdict.Exposed)]
    [InlineData("res.pids", IsolationVerdict.Exposed)]
    [InlineData("res.cpu", IsolationVerdict.Exposed)]
    [InlineData("kernel.seccomp", IsolationVerdict.Isolated)]
    [InlineData("kernel.shared", IsolationVerdict.Exposed)]
    [InlineData("fs.host-owner", IsolationVerdict.Exposed)]
    [InlineData("fs.propagation", IsolationVerdict.Isolated)] // Its root receives from the host and gives nothing.
    public async Task What_docker_run_leaves_open_without_options_is_exposed(string id, IsolationVerdict verdict)
    {
        await using RawSandbox sandbox = await RawSandbox.ContainerAsync("--network", "none");
        await AssertAsync(sandbox, id, verdict, IsolationObserver.Host);
    }

    [Theory]
    [InlineData("res.memory")]
    [InlineData("res.pids")]
    [InlineData("res.cpu")]
    [InlineData("res.disk")]
    public async Task GVisor_without_limits_is_exposed_and_the_host_says_so(string id)
    {
        await using RawSandbox sandbox = await RawSandbox.GVisorContainerAsync("--network", "none");
        await AssertAsync(sandbox, id, IsolationVerdict.Exposed, IsolationObserver.Host);
    }

    [Fact]
    public async Task GVisor_with_a_mounted_folder_is_exposed()
    {
        await using RawSandbox sandbox = await RawSandbox.GVisorContainerAsync("--network", "none", "--volume", $"{Path.GetTempPath()}:{Path.GetTempPath()}");
        await AssertAsync(sandbox, "fs.host-path", IsolationVerdict.Exposed, IsolationObserver.GuestProof);
        await AssertAsync(sandbox, "fs.host-write", IsolationVerdict.Exposed, IsolationObserver.Host);
    }

    private static async Task AssertAsync(RawSandbox sandbox, string id, IsolationVerdict verdict, IsolationObserver observedBy)
    {
        IsolationResult result = await sandbox.RunAsync(id);
        Assert.True(result.Verdict == verdict && result.ObservedBy == observedBy, $"{id}: {result.Verdict} by {result.ObservedBy}: {result.Evidence}");
    }
}
