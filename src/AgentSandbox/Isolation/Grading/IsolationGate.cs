namespace AgentSandbox.Isolation;

/// <summary>
/// What has to be fulfilled before something goes on. Fails closed: what was not measured, or not measured well enough, does not pass.
/// </summary>
public sealed record IsolationGate
{
    /// <summary>The grade has to be this one or better; null asks for none. <see cref="IsolationGrade.NotGraded"/> passes nothing.</summary>
    public IsolationGrade? MinimumGrade { get; init; }

    /// <summary>
    /// Ids of probes at which the boundary has to hold: <see cref="IsolationVerdict.Isolated"/>, or not applicable. <see cref="IsolationVerdict.Declared"/>
    /// does not pass: who requires a probe by name wants that boundary to hold, whoever opened it.
    /// </summary>
    public IReadOnlyCollection<string> Required { get; init; } = [];

    /// <summary>Judges one subject.</summary>
    /// <param name="summary">What was measured.</param>
    /// <returns>What falls short; empty when it passes.</returns>
    public IReadOnlyList<IsolationShortfall> Judge(IsolationSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        List<IsolationShortfall> shortfalls = [];
        if (MinimumGrade is { } minimum && (summary.Grade < minimum || summary.Grade == IsolationGrade.NotGraded))
        {
            string grade = summary.Grade == IsolationGrade.NotGraded ? "it could not be graded" : $"the grade is {summary.Grade}";
            shortfalls.Add(new(summary.Subject, null, $"{grade}, at least {minimum} is required. {string.Join(" ", summary.Why)}", Remedies(summary)));
        }

        foreach (string id in Required)
        {
            IsolationResult? result = summary.Results.FirstOrDefault(candidate => string.Equals(candidate.Id, id, StringComparison.OrdinalIgnoreCase));
            if (result is null)
            {
                shortfalls.Add(new(summary.Subject, id, $"{id} was not measured.", null));
            }
            else if (!Holds(result))
            {
                shortfalls.Add(new(summary.Subject, result.Id, $"{result.Id} ({result.Severity}) is {result.Verdict}: {result.Evidence}", RemedyOf(result)));
            }
        }

        return shortfalls;
    }

    /// <summary>Makes the error for what fell short.</summary>
    /// <param name="shortfalls">What fell short; not empty.</param>
    /// <returns>The exception.</returns>
    public static SandboxException Insufficient(IReadOnlyList<IsolationShortfall> shortfalls)
    {
        ArgumentNullException.ThrowIfNull(shortfalls);
        return new SandboxException(
            SandboxErrorId.IsolationInsufficient,
            $"The isolation falls short of what is required:{Environment.NewLine}{string.Join(Environment.NewLine, shortfalls.Select(shortfall => $"  {shortfall}"))}",
            "Close what is listed, or require less.");
    }

    /// <summary>Says whether the boundary holds at a probe.</summary>
    /// <param name="result">What the probe found.</param>
    /// <returns>True when it holds, or when there is nothing that it could hold against.</returns>
    public static bool Holds(IsolationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return result.Verdict is IsolationVerdict.Isolated or IsolationVerdict.NotApplicable;
    }

    /// <summary>What closes the worst of what is open: that which decided the grade.</summary>
    private static string? Remedies(IsolationSummary summary)
    {
        string[] remedies = [.. summary.Results
            .Where(result => result.Verdict == IsolationVerdict.Exposed && result.Severity == summary.WorstExposed)
            .Select(result => $"{result.Id}: {result.Remedy}")];
        return remedies.Length == 0 ? null : string.Join(" ", remedies);
    }

    // A control that failed is closed by no parameter.
    private static string? RemedyOf(IsolationResult result) => result.Verdict == IsolationVerdict.Inconclusive ? null : result.Remedy;
}
