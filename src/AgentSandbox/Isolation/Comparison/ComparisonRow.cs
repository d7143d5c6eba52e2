namespace AgentSandbox.Isolation;

/// <summary>One line of a comparison: a probe, and what it found in each backend.</summary>
/// <param name="Probe">The probe.</param>
/// <param name="Results">What it found, in the order of the backends; a backend that was not asked is not there.</param>
public sealed record ComparisonRow(IsolationProbeInfo Probe, IReadOnlyList<IsolationResult> Results);

/// <summary>Turns verdicts about several backends by 90 degrees.</summary>
public static class Comparison
{
    /// <summary>Makes the lines.</summary>
    /// <param name="results">The verdicts, backend by backend.</param>
    /// <returns>A line for each probe, in the order in which the probes ran.</returns>
    public static IReadOnlyList<ComparisonRow> Rows(IEnumerable<IsolationResult> results) =>
        [.. results.GroupBy(result => result.Id, StringComparer.OrdinalIgnoreCase).Select(group => new ComparisonRow(group.First().Probe, [.. group]))];
}
