using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.Isolation.Probes.WindowsSandbox;

/// <summary>
/// Whether the host's clipboard is the instance's too. How many formats it holds is counted; its content is never read, and nothing is put on it, since with the boundary open
/// that would be the user's own clipboard.
/// </summary>
internal sealed class ClipboardProbe : InstanceProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsb.clipboard",
        IsolationCategory.Ipc,
        IsolationSeverity.High,
        "Is the host's clipboard shared with Windows Sandbox?",
        "Windows Sandbox configuration: ClipboardRedirection",
        "The default of -Backend WindowsSandbox.");

    /// <inheritdoc/>
    protected override string Name => "ClipboardRedirection";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(InstanceContext context, bool onHost) => [];
}
