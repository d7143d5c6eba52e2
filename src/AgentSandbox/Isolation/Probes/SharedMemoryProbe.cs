using System.Globalization;
using AgentSandbox.Isolation.Canaries;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether System V shared memory of the host, which has no path, is the sandbox's too.</summary>
internal sealed class SharedMemoryProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "ipc.sysv",
        IsolationCategory.Ipc,
        IsolationSeverity.Medium,
        "Can the sandbox reach System V shared memory of the host?",
        "sysvipc(7), ipc_namespaces(7)",
        "-Backend Nspawn, which has a namespace of its own for it.");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) =>
        [context.Canaries.Memory.Key.ToString(CultureInfo.InvariantCulture), CanaryMemory.Prefix];

    /// <inheritdoc/>
    protected override string Secret(ProbeContext context) => context.Canaries.Memory.Secret;

    /// <inheritdoc/>
    protected override string? HostRulesOut(PayloadView payload) =>
        payload.SharesNamespace("ipc") ? null : $"{payload.Subject} has a namespace of its own for inter-process communication.";
}
