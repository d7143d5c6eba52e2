namespace AgentSandbox.Isolation.Reports;

/// <summary>What a report tells, in whatever format: the same for all writers.</summary>
public sealed record IsolationReport
{
    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Name and version of the program that made it.</summary>
    public required string Product { get; init; }

    /// <summary>Operating system and kernel of the machine that made it. Its name is nobody's business and not in it.</summary>
    public required string System { get; init; }

    /// <summary>What was tested, in the order in which it was.</summary>
    public required IReadOnlyList<IsolationReportSubject> Subjects { get; init; }

    /// <summary>Every probe that any subject was asked, in the order of the catalogue's categories.</summary>
    public IReadOnlyList<IsolationProbeInfo> Probes =>
    [
        .. Subjects.SelectMany(subject => subject.Summary.Results).Select(result => result.Probe).DistinctBy(probe => probe.Id, StringComparer.OrdinalIgnoreCase)
            .OrderBy(probe => probe.Category),
    ];
}

/// <summary>One subject of a report: a column of its matrix.</summary>
public sealed record IsolationReportSubject
{
    /// <summary>Name, different from that of every other subject of the report.</summary>
    public required string Name { get; init; }

    /// <summary>What was found.</summary>
    public required IsolationSummary Summary { get; init; }

    /// <summary>How long a sandbox takes from the call to readiness; null when that was not measured.</summary>
    public TimeSpan? StartTime { get; init; }

    /// <summary>Bytes of memory of a sandbox in which nothing runs; null when that was not measured.</summary>
    public long? Memory { get; init; }

    /// <summary>What a probe found.</summary>
    /// <param name="id">Id of the probe.</param>
    /// <returns>Null when this subject was not asked.</returns>
    public IsolationResult? Find(string id) => Summary.Results.FirstOrDefault(result => string.Equals(result.Id, id, StringComparison.OrdinalIgnoreCase));
}
