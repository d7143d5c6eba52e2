using System.Reflection;
using AgentSandbox.Backends;
using AgentSandbox.Backends.Docker;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Backends.Docker.Linux;
using AgentSandbox.Isolation;
using AgentSandbox.Isolation.Canaries;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Tests.Isolation;

/// <summary>An engine on another machine: nothing that this one sees or plants says anything about its sandboxes.</summary>
public class OutOfSightTests
{
    private const string Reason = "The engine is on another machine.";

    // Attempts that need nothing that was planted here; those of WSL too, since an engine on Windows may run its containers there.
    private static readonly string[] s_attempted =
    [
        "net.egress", "net.vsock", "kernel.nested-userns", "device.block", "wsl.interop", "wsl.drvfs", "wsl.vsock",
        "fs.mount", "net.raw", "net.control-sockets", "kernel.sysctl-write", "kernel.sysfs-write", "kernel.kallsyms", "kernel.dmesg", "kernel.bpf", "kernel.keyring", "kernel.io-uring",
        "kernel.userfaultfd", "kernel.handle-open", "kernel.module", "priv.clock", "device.special", "res.cgroup-write",
        "kernel.proc-masks", "fs.rootfs-readonly",
        "process.fd-leak", "priv.setuid-files",
    ];

    public static TheoryData<string> Probes => [.. IsolationTester.Catalogue.Select(probe => probe.Id).Where(id => !id.StartsWith("wsb.", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Probes))]
    public async Task Nothing_is_isolated_for_all_we_know(string id)
    {
        (IsolationResult result, IReadOnlyList<string> attempts) = await RunAsync(id, "closed");
        Assert.Equal(IsolationVerdict.Inconclusive, result.Verdict);
        Assert.Contains(Reason, result.Evidence, StringComparison.Ordinal);

        // A canary's process number is somebody else's there: no signal may be sent to it.
        Assert.All(attempts, attempt => Assert.Contains(attempt, s_attempted));
    }

    [Theory]
    [InlineData("net.egress")]
    [InlineData("net.vsock")]
    [InlineData("kernel.nested-userns")]
    [InlineData("device.block")]
    [InlineData("process.fd-leak")]
    [InlineData("priv.setuid-files")]
    [InlineData("wsl.interop")]
    [InlineData("wsl.drvfs")]
    [InlineData("wsl.vsock")]
    public async Task What_works_in_the_sandbox_is_exposed_wherever_it_is(string id)
    {
        (IsolationResult result, _) = await RunAsync(id, "open");
        Assert.True(result is { Verdict: IsolationVerdict.Exposed, ObservedBy: IsolationObserver.GuestReport }, result.Evidence);
    }

    [Theory]
    [InlineData("tcp://192.0.2.1:2376", false, PayloadPlace.OtherMachine, PayloadPlace.OtherMachine)]
    [InlineData("unix:///var/run/docker.sock", false, PayloadPlace.OtherMachine, PayloadPlace.OtherMachine)] // Docker Desktop, or a forwarded socket
    [InlineData("tcp://127.0.0.1:2376", true, PayloadPlace.OtherMachine, PayloadPlace.OtherMachine)] // may be forwarded too
    [InlineData("unix:///var/run/docker.sock", true, PayloadPlace.ThisKernel, PayloadPlace.OwnKernel)]
    public async Task The_engine_says_where_its_sandboxes_run(string address, bool namesThisMachine, object docker, object gVisor)
    {
        IDockerEngine engine = DispatchProxy.Create<IDockerEngine, Engine>();
        ((Engine)engine).Answers = new()
        {
            ["get_Endpoint"] = new DockerEndpoint(address, null, "the test", false),
            ["PingAsync"] = Task.FromResult(new EnginePing(new Version(1, 41), "linux")),
            ["GetInfoAsync"] = Task.FromResult(new EngineInfo
            {
                Name = namesThisMachine ? (await File.ReadAllTextAsync("/proc/sys/kernel/hostname")).Trim() : "elsewhere",
                KernelVersion = (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease")).Trim(),
            }),
        };
        using var host = new EngineHost(() => engine);
        await using var dockerBackend = new DockerBackend(host);
        await using var gVisorBackend = new GVisorBackend(host);
        Assert.Equal(docker, dockerBackend.PayloadPlace);
        Assert.Equal(gVisor, gVisorBackend.PayloadPlace);
    }

    private static async Task<(IsolationResult Result, IReadOnlyList<string> Attempts)> RunAsync(string id, string outcome)
    {
        var attempts = new List<string>();
        await using HostCanaries canaries = await HostCanaries.PlantAsync(CancellationToken.None);
        var context = new ProbeContext
        {
            Specification = new SandboxSpecification { Backend = "Docker", Network = NetworkMode.None },
            Defaults = new SandboxSpecification { Network = NetworkMode.None },
            Canaries = canaries,
            Payload = PayloadView.Elsewhere(Reason),
            Host = (_, _) => throw new InvalidOperationException("A control on this machine says nothing about another."),
            Sandbox = (arguments, _) =>
            {
                attempts.Add(arguments[0]);
                return Task.FromResult(System.Text.Encoding.UTF8.GetBytes($$"""{"outcome":"{{outcome}}","errno":1,"selfTest":true,"detail":"tried","nonce":""}""" + "\n"));
            },
        };
        return (await IsolationRun.RunAsync("test", Assert.Single(ProbeRegistry.Create([id])), context, CancellationToken.None), attempts);
    }

    /// <summary>An engine that answers what the test says, and nothing else.</summary>
    public class Engine : DispatchProxy
    {
        internal Dictionary<string, object> Answers { get; set; } = [];

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Name == nameof(IDisposable.Dispose) ? null : Answers[targetMethod.Name];
    }
}
