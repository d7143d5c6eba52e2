namespace AgentSandbox.Isolation.Probes;

/// <summary>An attempt that needs nothing of the host but its kernel. Where that refuses the host's root too, there is nothing to be isolated from.</summary>
internal abstract class KernelCallProbe : GuestProbe
{
    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => [];

    /// <inheritdoc/>
    protected override string? AbsentOnHost(ProbeContext context, ProbeAnswer baseline) => baseline is { Outcome: ProbeOutcome.Closed, SelfTest: true }
        ? $"On this host it is refused outside of every sandbox too ({baseline.Description})."
        : null;
}
