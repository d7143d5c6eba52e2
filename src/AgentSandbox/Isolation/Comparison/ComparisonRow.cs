namespace AgentSandbox.Isolation;

/// <summary>One line of a comparison of backends: a probe and what it found in each, or one of the two last lines, which tell what a sandbox costs.</summary>
public sealed record ComparisonRow
{
    /// <summary>Id of the line that tells start times.</summary>
    public const string StartTimeId = "start time";

    /// <summary>Id of the line that tells memory.</summary>
    public const string MemoryId = "memory";

    /// <summary>Id of the probe, or of the line.</summary>
    public required string Id { get; init; }

    /// <summary>The probe; null in the two last lines.</summary>
    public IsolationProbeInfo? Probe { get; init; }

    /// <summary>Category of the probe.</summary>
    public IsolationCategory? Category => Probe?.Category;

    /// <summary>Severity of the probe.</summary>
    public IsolationSeverity? Severity => Probe?.Severity;

    /// <summary>What the probe found, in the order of the backends; a backend that could not be asked is not there.</summary>
    public IReadOnlyList<IsolationResult> Results { get; init; } = [];

    /// <summary>What sandboxes cost, in the two last lines.</summary>
    public IReadOnlyList<BackendCost> Costs { get; init; } = [];

    /// <summary>The line's values, one for each backend: a verdict, a time or a number of bytes; null where there is none.</summary>
    /// <param name="backends">Names of the backends.</param>
    /// <returns>Name of the backend and value.</returns>
    public IEnumerable<(string Backend, object? Value)> Values(IEnumerable<string> backends)
    {
        ArgumentNullException.ThrowIfNull(backends);
        foreach (string backend in backends)
        {
            BackendCost? cost = Costs.FirstOrDefault(candidate => Same(candidate.Backend, backend));
            yield return (backend, Id switch
            {
                StartTimeId => cost?.StartTime,
                MemoryId => cost?.Memory,
                _ => Results.FirstOrDefault(candidate => Same(candidate.Backend, backend))?.Verdict,
            });
        }
    }

    /// <summary>Makes the lines of a comparison.</summary>
    /// <param name="results">The verdicts, backend by backend.</param>
    /// <param name="costs">What a sandbox of each backend costs.</param>
    /// <returns>A line for each probe, in the order in which the probes ran, and the two last lines.</returns>
    public static IReadOnlyList<ComparisonRow> Of(IEnumerable<IsolationResult> results, IReadOnlyList<BackendCost> costs) =>
    [
        .. results.GroupBy(result => result.Id, StringComparer.OrdinalIgnoreCase).Select(group => new ComparisonRow { Id = group.Key, Probe = group.First().Probe, Results = [.. group] }),
        new ComparisonRow { Id = StartTimeId, Costs = costs },
        new ComparisonRow { Id = MemoryId, Costs = costs },
    ];

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
