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

    /// <summary>What of Windows is to be looked for, where this machine is a distribution of WSL.</summary>
    public WslSurroundings Wsl { get; init; } = WslSurroundings.OfThisMachine;
}
