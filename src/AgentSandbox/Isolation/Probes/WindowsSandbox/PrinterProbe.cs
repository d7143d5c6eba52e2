using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.Isolation.Probes.WindowsSandbox;

/// <summary>Whether the host's printers, and with them its printing system, serve the instance.</summary>
internal sealed class PrinterProbe : InstanceProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsb.printers",
        IsolationCategory.Device,
        IsolationSeverity.Medium,
        "Does Windows Sandbox have the host's printers?",
        "Windows Sandbox configuration: PrinterRedirection; EnumPrinters",
        "The default of -Backend WindowsSandbox.");

    /// <inheritdoc/>
    protected override string Name => "PrinterRedirection";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(InstanceContext context, bool onHost) => [];

    /// <inheritdoc/>
    protected override string? AbsentOnHost(InstanceContext context, ProbeAnswer baseline) =>
        baseline is { Outcome: ProbeOutcome.Closed, SelfTest: true } ? "This host has no printer but Windows' own software ones to share." : null;
}
