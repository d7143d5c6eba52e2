namespace AgentSandbox.Isolation;

/// <summary>One thing that keeps a subject from passing a gate.</summary>
/// <param name="Subject">Name of what was tested.</param>
/// <param name="Probe">Id of the probe that fell short; null when the grade did.</param>
/// <param name="Reason">What fell short, in a sentence.</param>
/// <param name="Remedy">What closes it; null when there is nothing to say.</param>
public sealed record IsolationShortfall(string Subject, string? Probe, string Reason, string? Remedy)
{
    /// <inheritdoc/>
    public override string ToString() => Remedy is null ? $"{Subject}: {Reason}" : $"{Subject}: {Reason} To close it: {Remedy}";
}
