using AgentSandbox.Isolation;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>Every probe on boundaries made by other programs: one that is open at that point, one that holds.</summary>
public class ProbeTests
{
    private const IsolationVerdict Exposed = IsolationVerdict.Exposed;
    private const IsolationVerdict Isolated = IsolationVerdict.Isolated;

    public static TheoryData<string, IsolationObserver> OpenInChrootAsRoot => new()
    {
        { "fs.proc-root", IsolationObserver.GuestProof },
        { "fs.chroot-reentry", IsolationObserver.GuestProof },
        { "process.host-visible", IsolationObserver.GuestProof },
        { "process.signal-host", IsolationObserver.Host },
        { "process.ptrace-host", IsolationObserver.Host },
        { "net.host-loopback", IsolationObserver.GuestProof },
        { "net.abstract-unix", IsolationObserver.GuestProof },
        { "net.egress", IsolationObserver.GuestReport },
        { "net.vsock", IsolationObserver.GuestReport },
        { "kernel.seccomp", IsolationObserver.Host },
        { "priv.caps", IsolationObserver.Host },
        { "priv.host-root", IsolationObserver.Host },
        { "priv.nnp", IsolationObserver.Host },
        { "device.block", IsolationObserver.GuestReport },
        { "res.memory", IsolationObserver.Host },
        { "res.pids", IsolationObserver.Host },
        { "res.cpu", IsolationObserver.Host },
        { "res.disk", IsolationObserver.Host },
    };

    [Theory]
    [MemberData(nameof(OpenInChrootAsRoot))]
    public async Task Root_in_a_chroot_is_exposed(string id, IsolationObserver observedBy)
    {
        await using RawSandbox sandbox = await RawSandbox.ChrootAsRootAsync();
        IsolationResult result = await sandbox.RunAsync(id);
        if (id == "net.egress" && result.Verdict == IsolationVerdict.NotApplicable)
        {
            Assert.Contains("host has no route", result.Evidence, StringComparison.Ordinal); // a machine without a network
            return;
        }

        Assert.True(result.Verdict == Exposed && result.ObservedBy == observedBy, $"{result.Verdict} by {result.ObservedBy}: {result.Evidence}");
    }

    [Theory]
    [InlineData("fs.host-path", IsolationObserver.GuestProof)]
    [InlineData("fs.host-write", IsolationObserver.Host)]
    [InlineData("kernel.nested-userns", IsolationObserver.GuestReport)] // The kernel refuses it in a chroot: user_namespaces(7).
    public async Task A_process_outside_of_every_boundary_is_exposed(string id, IsolationObserver observedBy)
    {
        await using RawSandbox sandbox = await RawSandbox.OpenAsync(new SandboxSpecification { Backend = "raw" });
        IsolationResult result = await sandbox.RunAsync(id);
        Assert.True(result.Verdict == Exposed && result.ObservedBy == observedBy, $"{result.Verdict} by {result.ObservedBy}: {result.Evidence}");
    }

    [Theory]
    [InlineData("fs.host-path")]
    [InlineData("fs.host-write")]
    [InlineData("fs.proc-root")]
    [InlineData("fs.chroot-reentry")]
    [InlineData("process.signal-host")]
    [InlineData("process.ptrace-host")]
    [InlineData("priv.caps")]
    [InlineData("priv.host-root")]
    [InlineData("device.block")]
    public async Task An_ordinary_user_in_a_chroot_stays_in(string id)
    {
        await using RawSandbox sandbox = await RawSandbox.ChrootAsNobodyAsync();
        IsolationResult result = await sandbox.RunAsync(id);
        Assert.True(result.Verdict == Isolated, $"{result.Verdict} by {result.ObservedBy}: {result.Evidence}");
    }

    [Fact]
    public async Task An_ordinary_user_in_a_chroot_still_sees_the_hosts_processes()
    {
        await using RawSandbox sandbox = await RawSandbox.ChrootAsNobodyAsync();
        IsolationResult result = await sandbox.RunAsync("process.host-visible");
        Assert.True(result is { Verdict: Exposed, ObservedBy: IsolationObserver.GuestProof }, result.Evidence);
    }

    public static TheoryData<string, IsolationObserver> ClosedInBubblewrap => new()
    {
        { "fs.host-path", IsolationObserver.GuestReport },
        { "fs.host-write", IsolationObserver.GuestReport },
        { "fs.proc-root", IsolationObserver.GuestReport },
        { "fs.chroot-reentry", IsolationObserver.GuestReport },
        { "process.host-visible", IsolationObserver.GuestReport },
        { "process.signal-host", IsolationObserver.Host },
        { "process.ptrace-host", IsolationObserver.Host },
        { "net.host-loopback", IsolationObserver.Host },
        { "net.abstract-unix", IsolationObserver.Host },
        { "net.vsock", IsolationObserver.GuestReport },
        { "kernel.seccomp", IsolationObserver.Host },
        { "kernel.nested-userns", IsolationObserver.GuestReport },
        { "priv.caps", IsolationObserver.Host },
        { "priv.host-root", IsolationObserver.Host },
        { "priv.nnp", IsolationObserver.Host },
        { "device.block", IsolationObserver.GuestReport },
    };

    [Theory]
    [MemberData(nameof(ClosedInBubblewrap))]
    public async Task Namespaces_and_our_filter_hold(string id, IsolationObserver observedBy)
    {
        await using RawSandbox sandbox = await RawSandbox.BubblewrapAsync();
        IsolationResult result = await sandbox.RunAsync(id);
        Assert.True(result.Verdict == Isolated && result.ObservedBy == observedBy, $"{result.Verdict} by {result.ObservedBy}: {result.Evidence}");
    }

    [Fact]
    public async Task What_the_specification_asks_for_is_declared_and_not_a_failure()
    {
        var specification = new SandboxSpecification
        {
            Backend = "raw",
            Network = NetworkMode.Host,
            Memory = 0,
            PidLimit = 0,
            Cpu = 0,
            DiskLimit = 0,
            Mounts = [new SandboxMount { Source = Path.GetTempPath(), Target = Path.GetTempPath(), ReadOnly = false }],
        };
        await using RawSandbox sandbox = await RawSandbox.OpenAsync(specification);
        foreach (string id in new[] { "net.host-loopback", "net.abstract-unix", "res.memory", "res.pids", "res.cpu", "res.disk", "fs.host-path", "fs.host-write" })
        {
            IsolationResult result = await sandbox.RunAsync(id);
            Assert.True(result.Verdict == IsolationVerdict.Declared, $"{id}: {result.Verdict}: {result.Evidence}");
            Assert.Contains("asks for it: -", result.Evidence, StringComparison.Ordinal);
        }

        Assert.Equal(Exposed, (await sandbox.RunAsync("priv.caps")).Verdict); // No parameter asks for that one.
    }

    [Fact]
    public async Task A_read_only_mount_does_not_excuse_writing()
    {
        var specification = new SandboxSpecification { Backend = "raw", Mounts = [new SandboxMount { Source = Path.GetTempPath(), Target = "/x" }] };
        await using RawSandbox sandbox = await RawSandbox.OpenAsync(specification);
        Assert.Equal(Exposed, (await sandbox.RunAsync("fs.host-write")).Verdict);
    }
}
