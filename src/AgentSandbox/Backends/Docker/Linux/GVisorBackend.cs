using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Linux;

/// <summary>Containers of the engine's gVisor runtime: system calls are answered by a kernel of their own in user space, https://gvisor.dev.</summary>
internal sealed class GVisorBackend(EngineHost host) : LinuxContainerBackend(host)
{
    internal const string BackendName = "GVisor";

    /// <summary>Names the engine's runtime, where it is not <c>runsc</c>.</summary>
    internal const string RuntimeVariable = "AGENTSANDBOX_GVISOR_RUNTIME";

    private static readonly Dictionary<SandboxAllowance, string> s_impossible = new()
    {
        [SandboxAllowance.Vsock] = "gVisor's kernel has no such sockets.",
        [SandboxAllowance.IoUring] = "gVisor's kernel has no io_uring.",
        [SandboxAllowance.UserFaultFd] = "gVisor's kernel has no userfaultfd.",
        [SandboxAllowance.Keyring] = "gVisor's kernel has no keyrings.",
        [SandboxAllowance.Tun] = "gVisor has a network of its own and takes no such device from the machine.",
        [SandboxAllowance.ControlGroups] = "an engine gives its containers the control groups to read only.",
    };

    /// <summary>With fewer gVisor does not start, or not on every machine: how many threads it takes depends on how often they wait for each other.</summary>
    private const int LowestPids = 128;

    private const string DefaultRuntime = "runsc";

    /// <summary>How gVisor calls a root that is the engine's folder itself (served to it by its gofer).</summary>
    private const string EngineOwned = "9p";

    /// <inheritdoc/>
    public override string Name => BackendName;

    /// <summary>
    /// In gVisor a process may open the descriptors of another one of its user, so the guest must not be the commands' user. Its capabilities are
    /// those of gVisor's kernel, not of the machine's.
    /// </summary>
    protected override bool GuestIsRoot => true;

    /// <summary>The limit counts the machine's threads, of which gVisor takes several for each of its own.</summary>
    protected override int DefaultPids => 2048;

    private static string WantedRuntime => Environment.GetEnvironmentVariable(RuntimeVariable) is { Length: > 0 } name ? name : DefaultRuntime;

    /// <inheritdoc/>
    protected override string? Runtime(EngineFacts facts) => WantedRuntime;

    /// <inheritdoc/>
    protected override PayloadPlace Place(EngineFacts facts) => facts.IsLocal ? PayloadPlace.OwnKernel : PayloadPlace.OtherMachine;

    /// <inheritdoc/>
    protected override (string Reason, string Action)? Missing(EngineFacts facts) =>
        base.Missing(facts) ?? (facts.Info.Runtimes?.ContainsKey(WantedRuntime) == true
            ? null
            : ($"The engine has no runtime '{WantedRuntime}' (it has {string.Join(", ", facts.Info.Runtimes?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>())}).",
                $"Install gVisor on the engine's machine (apt-get install runsc, or https://gvisor.dev/docs/user_guide/install/), run 'runsc install' there and restart the engine; a runtime of another name is named by {RuntimeVariable}."));

    /// <summary>
    /// gVisor may keep what is written in a layer of its own (<c>--overlay2</c>), in memory or in a file that only it can read. Then the engine sees nothing of it. What the engine
    /// has of one that does not run is what it would be started on, so there is nothing to ask.
    /// </summary>
    public override async Task<string?> WhyNoCommitAsync(EngineContainer container, ContainerInspect inspect, CancellationToken cancellationToken)
    {
        string? reason = await base.WhyNoCommitAsync(container, inspect, cancellationToken);
        if (reason is not null || inspect.State?.Status != "running")
        {
            return reason;
        }

        var ask = new CommandSpecification { Arguments = [LinuxContainerRequest.GuestPath, "root-type"], WorkingDirectory = "/" };
        await using SandboxCommand command = await StartCommandAsync(container, ask, cancellationToken);
        CommandResult answer = await Connection.CommandCapture.RunAsync(command, null, cancellationToken);
        return answer.ExitCode == 0 && answer.StandardOutput == EngineOwned
            ? null
            : "gVisor keeps what is written in a layer of its own, which the engine can't see (runsc's option --overlay2), or does not say where it keeps it. With --overlay2=none in the runtime's runtimeArgs it can; or stop the sandbox first.";
    }

    /// <inheritdoc/>
    protected override IEnumerable<SpecificationProblem> ValidateFor(SandboxSpecification specification, EngineFacts facts)
    {
        if (specification.PidLimit is > 0 and < LowestPids)
        {
            yield return new(SandboxErrorId.InvalidLimit, "PidLimit", $"gVisor itself needs more than {specification.PidLimit} threads.", $"Give at least {LowestPids}, or 0 for no limit.");
        }

        foreach (SpecificationProblem problem in GuestAllowances.Refuse(specification, s_impossible))
        {
            yield return problem;
        }

        if (specification.Network == NetworkMode.Host)
        {
            yield return new(SandboxErrorId.NotEnforceable, "Network", "gVisor has a network of its own; the host's is not to be had with it.", "Use -Network None, or -Backend Docker.");
        }
    }

    /// <inheritdoc/>
    protected override BackendInfo Describe(EngineFacts? facts, (string Reason, string Action, string? ErrorId)? missing) => new()
    {
        Name = Name,
        Available = missing is null,
        Version = facts is null ? null : $"engine {facts.Info.ServerVersion} (API {facts.Ping.ApiVersion}), runtime {WantedRuntime}",
        Strength = 40,
        SecurityBoundary = true,
        Isolates = ["the kernel: system calls reach gVisor's own", .. CommonIsolation(facts)],
        DoesNotIsolate = [.. CommonGaps(facts), "the hardware: side channels of the processor"],
        Reason = missing?.Reason,
        RecommendedAction = missing?.Action,
        ErrorId = missing?.ErrorId,
    };
}
