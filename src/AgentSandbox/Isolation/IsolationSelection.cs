namespace AgentSandbox.Isolation;

/// <summary>Which probes run, and at which of them the boundary has to hold.</summary>
public sealed class IsolationSelection
{
    private IsolationSelection(IReadOnlyList<IsolationProbeInfo> probes, IReadOnlyList<string> required)
    {
        Probes = probes;
        Required = required;
    }

    /// <summary>The probes that run, in the order in which they do.</summary>
    public IReadOnlyList<IsolationProbeInfo> Probes { get; }

    /// <summary>Ids of the probes at which the boundary has to hold; all of them run.</summary>
    public IReadOnlyList<string> Required { get; }

    /// <summary>What <see cref="IsolationTester.TestAsync"/> takes.</summary>
    public IReadOnlyCollection<string>? Ids => Probes.Count == IsolationTester.Catalogue.Count ? null : [.. Probes.Select(probe => probe.Id)];

    /// <summary>
    /// Selects. The three filters go together: a probe has to fit all of them. What is required runs in addition, so that no filter can take away
    /// what a gate asks about.
    /// </summary>
    /// <param name="probes">Ids or patterns; null or empty takes all.</param>
    /// <param name="categories">Categories; as above.</param>
    /// <param name="severities">Severities; as above.</param>
    /// <param name="require">Ids or patterns of what is required.</param>
    /// <param name="matches">Says whether a pattern (first) fits an id (second).</param>
    /// <returns>The selection; never without a probe.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProbeNotFound"/>: nothing fits, or a required pattern fits nothing.</exception>
    public static IsolationSelection Create(
        IReadOnlyCollection<string>? probes,
        IReadOnlyCollection<IsolationCategory>? categories,
        IReadOnlyCollection<IsolationSeverity>? severities,
        IReadOnlyCollection<string>? require,
        Func<string, string, bool> matches)
    {
        ArgumentNullException.ThrowIfNull(matches);
        IReadOnlyList<IsolationProbeInfo> all = IsolationTester.Catalogue;
        foreach (string pattern in (require ?? []).Concat((probes ?? []).Where(IsPlain)))
        {
            if (!all.Any(probe => matches(pattern, probe.Id)))
            {
                throw Missing($"There is no isolation probe '{SandboxName.Printable(pattern)}'.", pattern, all);
            }
        }

        HashSet<string> required = [.. all.Select(probe => probe.Id).Where(id => (require ?? []).Any(pattern => matches(pattern, id)))];
        IsolationProbeInfo[] fitting =
        [
            .. all.Where(probe => (probes is not { Count: > 0 } || probes.Any(pattern => matches(pattern, probe.Id)))
                && (categories is not { Count: > 0 } || categories.Contains(probe.Category))
                && (severities is not { Count: > 0 } || severities.Contains(probe.Severity))),
        ];
        if (fitting.Length == 0)
        {
            // An empty answer would look like "nothing is exposed".
            throw new SandboxException(SandboxErrorId.ProbeNotFound, "No isolation probe fits the ids, the categories and the severities together.", "Ask for less at a time; docs/isolation.md lists the probes.");
        }

        return new IsolationSelection([.. all.Where(probe => required.Contains(probe.Id) || fitting.Contains(probe))], [.. required]);
    }

    private static bool IsPlain(string pattern) => pattern.IndexOfAny(['*', '?', '[']) < 0;

    private static SandboxException Missing(string message, string pattern, IReadOnlyList<IsolationProbeInfo> all)
    {
        string[] ids = [.. all.Select(probe => probe.Id)];
        string hint = IsPlain(pattern) ? $"Did you mean '{NearestName.Find(pattern, ids)}'? " : "";
        return new SandboxException(SandboxErrorId.ProbeNotFound, message, $"{hint}The probes are: {string.Join(", ", ids)}.", pattern);
    }
}
