using AgentSandbox.Isolation.Canaries;
using AgentSandbox.Isolation.Observation;
using AgentSandbox.Isolation.Wsl;

namespace AgentSandbox.Isolation;

/// <summary>What probes of a sandbox with Linux in it have at hand, on the machine whose kernel, or whose engine, runs it.</summary>
internal sealed class ProbeContext : ProbeSetting, IProbeKind
{
    /// <inheritdoc/>
    public static string Kind => "a sandbox with Linux in it";

    /// <summary>What was planted on the host.</summary>
    public required HostCanaries Canaries { get; init; }

    /// <summary>What the host sees of a process in the sandbox that was started as any payload is.</summary>
    public required PayloadView Payload { get; init; }

    /// <summary>Sockets by which this machine may be ruled: container engines, D-Bus, systemd.</summary>
    public IReadOnlyList<string> ControlSockets { get; init; } =
    [
        "unix:/run/docker.sock", "unix:/run/containerd/containerd.sock", "unix:/run/podman/podman.sock", "unix:/run/crio/crio.sock", "unix:/run/dbus/system_bus_socket", "unix:/run/systemd/private",
    ];

    /// <summary>Folders of this machine that the sandbox's root is made from; null when only the payload's mounts say it.</summary>
    public IReadOnlyList<BaseFolder>? Bases { get; init; }

    /// <summary>What of Windows is to be looked for, where this machine is a distribution of WSL.</summary>
    public WslSurroundings Wsl { get; init; } = WslSurroundings.OfThisMachine;
}
