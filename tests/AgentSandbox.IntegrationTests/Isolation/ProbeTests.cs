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
        { "fs.mount", IsolationObserver.GuestReport },
        { "process.environ-host", IsolationObserver.GuestProof },
        { "ipc.sysv", IsolationObserver.GuestProof },
        { "net.raw", IsolationObserver.GuestReport },
        { "kernel.sysctl-write", IsolationObserver.GuestReport },
        { "kernel.kallsyms", IsolationObserver.GuestReport },
        { "kernel.dmesg", IsolationObserver.GuestReport },
        { "kernel.bpf", IsolationObserver.GuestReport },
        { "kernel.keyring", IsolationObserver.GuestReport },
        { "kernel.io-uring", IsolationObserver.GuestReport },
        { "kernel.userfaultfd", IsolationObserver.GuestReport },
        { "kernel.handle-open", IsolationObserver.GuestReport },
        { "priv.clock", IsolationObserver.GuestReport },
        { "device.special", IsolationObserver.GuestReport },
        { "kernel.shared", IsolationObserver.Host },
        { "kernel.proc-masks", IsolationObserver.GuestReport },
        { "fs.rootfs-readonly", IsolationObserver.GuestReport },
        { "fs.base-intact", IsolationObserver.Host },
        { "fs.host-owner", IsolationObserver.Host },
        { "ns.inventory", IsolationObserver.Host },
        { "process.env-leak", IsolationObserver.Host },
        { "net.host-gateway", IsolationObserver.GuestProof },
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
    [InlineData("kernel.sysfs-write", IsolationObserver.GuestReport)]
    [InlineData("res.cgroup-write", IsolationObserver.GuestReport)]
    [InlineData("fs.propagation", IsolationObserver.Host)]
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
    [InlineData("fs.host-owner")]
    [InlineData("fs.rootfs-readonly")]
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
        { "fs.mount", IsolationObserver.GuestReport },
        { "process.environ-host", IsolationObserver.Host },
        { "ipc.sysv", IsolationObserver.Host },
        { "net.raw", IsolationObserver.GuestReport },
        { "kernel.sysctl-write", IsolationObserver.GuestReport },
        { "kernel.sysfs-write", IsolationObserver.GuestReport },
        { "kernel.kallsyms", IsolationObserver.GuestReport },
        { "kernel.dmesg", IsolationObserver.GuestReport },
        { "kernel.bpf", IsolationObserver.GuestReport },
        { "kernel.keyring", IsolationObserver.GuestReport },
        { "kernel.io-uring", IsolationObserver.GuestReport },
        { "kernel.userfaultfd", IsolationObserver.GuestReport },
        { "kernel.handle-open", IsolationObserver.GuestReport },
        { "priv.clock", IsolationObserver.GuestReport },
        { "device.special", IsolationObserver.GuestReport },
        { "res.cgroup-write", IsolationObserver.GuestReport },
        { "kernel.proc-masks", IsolationObserver.GuestReport },
        { "fs.rootfs-readonly", IsolationObserver.GuestReport }, // Whether /bin is a folder or a link the host does not ask.
        { "fs.base-intact", IsolationObserver.Host },
        { "fs.propagation", IsolationObserver.Host },
        { "ns.inventory", IsolationObserver.Host },
        { "process.tty", IsolationObserver.Host },
        { "priv.setuid-files", IsolationObserver.Host },
        { "net.host-gateway", IsolationObserver.Host },
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
    public async Task A_socket_by_which_the_machine_is_ruled_is_critical()
    {
        string folder = Directory.CreateTempSubdirectory("agentsandbox-control-").FullName;
        File.SetUnixFileMode(folder, (UnixFileMode)0x1ED);
        string path = Path.Combine(folder, "docker.sock");
        using var listener = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        listener.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(path));
        listener.Listen(8);
        File.SetUnixFileMode(path, (UnixFileMode)0x1FF);
        string[] sockets = ["unix:/nobody/listens.sock", "unix:" + path];
        try
        {
            await using RawSandbox open = await RawSandbox.OpenAsync(new SandboxSpecification { Backend = "raw" });
            IsolationResult exposed = await open.RunAsync("net.control-sockets", sockets);
            Assert.True(exposed is { Verdict: Exposed, Severity: IsolationSeverity.Critical }, exposed.Evidence);
            Assert.Equal(IsolationVerdict.NotApplicable, (await open.RunAsync("net.control-sockets", sockets[..1])).Verdict);

            await using RawSandbox mounted = await RawSandbox.OpenAsync(new SandboxSpecification { Backend = "raw", Mounts = [new SandboxMount { Source = folder, Target = folder }] });
            Assert.Equal(IsolationVerdict.Declared, (await mounted.RunAsync("net.control-sockets", sockets)).Verdict);

            await using RawSandbox held = await RawSandbox.BubblewrapAsync();
            IsolationResult isolated = await held.RunAsync("net.control-sockets", sockets);
            Assert.True(isolated.Verdict == Isolated, isolated.Evidence);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Loading_modules_is_asked_for_only_where_the_kernel_takes_any()
    {
        bool takesAny = File.Exists("/proc/sys/kernel/modules_disabled");
        await using RawSandbox open = await RawSandbox.ChrootAsRootAsync();
        IsolationResult result = await open.RunAsync("kernel.module");
        Assert.True(result.Verdict == (takesAny ? Exposed : IsolationVerdict.NotApplicable), $"{result.Verdict}: {result.Evidence}");

        await using RawSandbox held = await RawSandbox.BubblewrapAsync();
        result = await held.RunAsync("kernel.module");
        Assert.True(result.Verdict == (takesAny ? Isolated : IsolationVerdict.NotApplicable), $"{result.Verdict}: {result.Evidence}");
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
