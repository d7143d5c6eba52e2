namespace AgentSandbox.Isolation;

/// <summary>One question about the boundary. A new one is a class in Probes/, a line in <see cref="ProbeRegistry"/> and, if it asks from inside, its half in the guest.</summary>
internal abstract class IsolationProbe
{
    /// <summary>Its data.</summary>
    public abstract IsolationProbeInfo Info { get; }

    /// <summary>Says which parameter asked for the opening that this probe looks for; null when none did.</summary>
    /// <param name="context">The run.</param>
    /// <returns>The parameter and its value.</returns>
    public virtual string? DeclaredBy(ProbeContext context) => null;

    /// <summary>Asks.</summary>
    /// <param name="context">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was found; <see cref="IsolationVerdict.Declared"/> is not for the probe to say.</returns>
    /// <exception cref="ProbeFailedException">There is no answer.</exception>
    public abstract Task<IsolationFinding> RunAsync(ProbeContext context, CancellationToken cancellationToken);
}

/// <summary>What a probe found.</summary>
internal sealed record IsolationFinding(IsolationVerdict Verdict, IsolationObserver ObservedBy, string Evidence)
{
    public static IsolationFinding Host(bool exposed, string evidence) =>
        new(exposed ? IsolationVerdict.Exposed : IsolationVerdict.Isolated, IsolationObserver.Host, evidence);

    public static IsolationFinding Inconclusive(string evidence) => new(IsolationVerdict.Inconclusive, IsolationObserver.Host, evidence);

    public static IsolationFinding NotApplicable(string evidence) => new(IsolationVerdict.NotApplicable, IsolationObserver.Host, evidence);
}
