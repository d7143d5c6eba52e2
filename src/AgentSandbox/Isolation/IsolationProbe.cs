namespace AgentSandbox.Isolation;

/// <summary>One question about the boundary. A new one is a class in Probes/, a line in <see cref="ProbeRegistry"/> and, if it asks from inside, its half in the guest.</summary>
internal abstract class IsolationProbe
{
    /// <summary>Its data.</summary>
    public abstract IsolationProbeInfo Info { get; }

    /// <summary>Says which parameter asked for the opening that this probe looks for; null when none did.</summary>
    /// <param name="setting">The run.</param>
    /// <returns>The parameter and its value.</returns>
    public abstract string? DeclaredBy(ProbeSetting setting);

    /// <summary>Asks.</summary>
    /// <param name="setting">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was found; <see cref="IsolationVerdict.Declared"/> is not for the probe to say. Not applicable when the question is about another kind of sandbox than this run's.</returns>
    /// <exception cref="ProbeFailedException">There is no answer.</exception>
    public abstract Task<IsolationFinding> RunAsync(ProbeSetting setting, CancellationToken cancellationToken);
}

/// <summary>A question about one kind of sandbox: where there is Linux inside (<see cref="ProbeContext"/>), or an instance of Windows Sandbox.</summary>
/// <typeparam name="TSetting">What its runs have at hand.</typeparam>
internal abstract class IsolationProbe<TSetting> : IsolationProbe
    where TSetting : ProbeSetting, IProbeKind
{
    /// <inheritdoc/>
    public sealed override string? DeclaredBy(ProbeSetting setting) => setting is TSetting its ? DeclaredBy(its) : null;

    /// <inheritdoc/>
    public sealed override Task<IsolationFinding> RunAsync(ProbeSetting setting, CancellationToken cancellationToken) => setting is TSetting its
        ? AskAsync(its, cancellationToken)
        : Task.FromResult(IsolationFinding.NotApplicable($"The question is about {TSetting.Kind}, which {setting.Specification.Backend} has not."));

    /// <inheritdoc cref="IsolationProbe.DeclaredBy"/>
    /// <param name="context">The run.</param>
    public virtual string? DeclaredBy(TSetting context) => null;

    /// <inheritdoc cref="IsolationProbe.RunAsync"/>
    /// <param name="context">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    protected abstract Task<IsolationFinding> AskAsync(TSetting context, CancellationToken cancellationToken);
}

/// <summary>What a probe found.</summary>
internal sealed record IsolationFinding(IsolationVerdict Verdict, IsolationObserver ObservedBy, string Evidence)
{
    public static IsolationFinding Host(bool exposed, string evidence) =>
        new(exposed ? IsolationVerdict.Exposed : IsolationVerdict.Isolated, IsolationObserver.Host, evidence);

    public static IsolationFinding Inconclusive(string evidence) => new(IsolationVerdict.Inconclusive, IsolationObserver.Host, evidence);

    public static IsolationFinding NotApplicable(string evidence) => new(IsolationVerdict.NotApplicable, IsolationObserver.Host, evidence);
}
