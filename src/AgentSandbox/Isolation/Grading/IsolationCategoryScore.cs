namespace AgentSandbox.Isolation;

/// <summary>What the probes of one category found: one element of the vector that stands beside the grade.</summary>
public sealed record IsolationCategoryScore
{
    /// <summary>The part of the boundary.</summary>
    public required IsolationCategory Category { get; init; }

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

    /// <summary>The worst severity among the exposed; null when none is.</summary>
    public required IsolationSeverity? WorstExposed { get; init; }

    /// <inheritdoc/>
    public override string ToString()
    {
        int applicable = Isolated + Exposed + Declared + Inconclusive;
        string text = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Category} {Isolated}/{applicable}");
        return WorstExposed is { } worst ? $"{text} ({worst} exposed)" : text;
    }
}
