using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>
/// Whether open files of the host arrive at payloads: an open folder is a way out of every root (CVE-2024-21626), an open socket a voice of whoever opened it.
/// Those of this product's own protocol count like any other.
/// </summary>
internal sealed class DescriptorLeakProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "process.fd-leak",
        IsolationCategory.Process,
        IsolationSeverity.High,
        "Does a payload get open files beside its three standard streams?",
        "CVE-2024-21626, proc_pid_fd(5), execve(2)",
        "The default of every -Backend: a command gets its three standard streams and nothing else.");

    /// <inheritdoc/>
    /// <remarks>The control on the host plants one, to be found.</remarks>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => onHost ? ["plant"] : [];

    /// <inheritdoc/>
    protected override IsolationFinding? HostDecides(ProbeContext context) => Seen(context.Payload) is { Length: > 0 } seen
        ? IsolationFinding.Host(true, $"{context.Payload.Subject} was handed the open files {string.Join(", ", seen)}.")
        : null;

    /// <inheritdoc/>
    protected override string? HostRulesOut(PayloadView payload) =>
        payload.IsOwnKernel || Seen(payload).Length > 0 ? null : $"{payload.Subject} was handed no open file beside its three standard streams.";

    /// <summary>The open files of a kernel of the sandbox's own are its own, not its payload's.</summary>
    private static string[] Seen(PayloadView payload) => payload.IsOwnKernel ? [] : [.. payload.Each(PayloadDescriptors.Inherited).SelectMany(files => files).Take(16)];
}
