using System.Text.Json.Serialization;

namespace AgentSandbox.Isolation;

/// <summary>What all verdicts about one subject come to: a grade with its reasons, and a vector per category, so that the grade is never all there is.</summary>
public sealed record IsolationSummary
{
    /// <summary>Name of what was tested.</summary>
    public required string Subject { get; init; }

    /// <summary>Its backend.</summary>
    public required string Backend { get; init; }

    /// <summary>The grade.</summary>
    public required IsolationGrade Grade { get; init; }

    /// <summary>Why it is that grade: a sentence for each rule that decided, then what a reader has to know beside it.</summary>
    public required IReadOnlyList<string> Why { get; init; }

    /// <summary>The worst severity among the exposed probes; null when none is exposed.</summary>
    public required IsolationSeverity? WorstExposed { get; init; }

    /// <summary>Probes at which the boundary holds.</summary>
    public required int Isolated { get; init; }

    /// <summary>Probes at which it is open.</summary>
    public required int Exposed { get; init; }

    /// <summary>Probes at which it is open because the specification asked for it.</summary>
    public required int Declared { get; init; }

    /// <summary>Probes without a verdict that can be trusted.</summary>
    public required int Inconclusive { get; init; }

    /// <summary>Probes whose question does not arise here.</summary>
    public required int NotApplicable { get; init; }

    /// <summary>Every probe of the catalogue was asked. When false, the grade says nothing of the others.</summary>
    public required bool Complete { get; init; }

    /// <summary>The vector: a score for each category that has a probe.</summary>
    public required IReadOnlyList<IsolationCategoryScore> Categories { get; init; }

    /// <summary>How long the test took: the sibling's creation and removal included where it was measured, else the probes' time together.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The verdicts, in the order in which they were found. Not part of the JSON of a summary: who wants them there does not ask for a summary.</summary>
    [JsonIgnore]
    public IReadOnlyList<IsolationResult> Results { get; init; } = [];

    /// <summary>Probes that have a verdict of any kind.</summary>
    public int Probes => Results.Count;

    /// <inheritdoc/>
    public override string ToString() => $"{Subject}: {Grade}";
}
