using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.Isolation.Probes.WindowsSandbox;

/// <summary>Whether the instance hears the host's microphone. Devices are counted; none is opened.</summary>
internal sealed class MicrophoneProbe : InstanceProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsb.audio-input",
        IsolationCategory.Device,
        IsolationSeverity.High,
        "Does Windows Sandbox have the host's microphone?",
        "Windows Sandbox configuration: AudioInput; waveInGetNumDevs",
        "The default of -Backend WindowsSandbox.");

    /// <inheritdoc/>
    protected override string Name => "AudioInput";

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(InstanceContext context, bool onHost) => [];

    /// <inheritdoc/>
    protected override string? AbsentOnHost(InstanceContext context, ProbeAnswer baseline) =>
        baseline is { Outcome: ProbeOutcome.Closed, SelfTest: true } ? "This host has no microphone to share." : null;
}
