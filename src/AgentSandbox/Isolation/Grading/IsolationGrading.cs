using System.Globalization;

namespace AgentSandbox.Isolation;

/// <summary>
/// Grades verdicts. A pure function: the same verdicts always get the same grade, whatever their order. The rules are told to users in
/// docs/isolation.md and on the page of Test-SandboxIsolation; change them there too.
/// </summary>
public static class IsolationGrading
{
    /// <summary>The probe that says whose kernel it is. The one medium opening with a rule of its own: a design, not a hole in it.</summary>
    public const string KernelProbe = "kernel.shared";

    /// <summary>One part in this many may be inconclusive: 20 %.</summary>
    private const int InconclusiveShare = 5;

    /// <summary>Grades the verdicts about one subject against the catalogue of this build.</summary>
    /// <param name="results">The verdicts; not empty, all about one subject.</param>
    /// <param name="duration">How long the whole test took; the probes' time together when null.</param>
    /// <returns>The summary.</returns>
    public static IsolationSummary Summarize(IReadOnlyList<IsolationResult> results, TimeSpan? duration = null) =>
        Summarize(results, [.. IsolationTester.Catalogue.Select(probe => probe.Id)], duration);

    /// <summary>Grades the verdicts about one subject.</summary>
    /// <param name="results">The verdicts; not empty, all about one subject.</param>
    /// <param name="catalogue">Ids of all probes that there are.</param>
    /// <param name="duration">As above.</param>
    /// <returns>The summary.</returns>
    internal static IsolationSummary Summarize(IReadOnlyList<IsolationResult> results, IReadOnlyCollection<string> catalogue, TimeSpan? duration = null)
    {
        ArgumentNullException.ThrowIfNull(results);
        if (results.Count == 0)
        {
            throw new ArgumentException("Nothing was measured, so there is nothing to summarize.", nameof(results));
        }

        var asked = results.Select(result => result.Id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        int missing = catalogue.Count(id => !asked.Contains(id));
        (IsolationGrade grade, List<string> why) = Grade(results);
        if (missing > 0)
        {
            why.Add(string.Create(CultureInfo.InvariantCulture, $"{missing} of the catalogue's {catalogue.Count} probes were not asked; the grade says nothing of those."));
        }

        return new IsolationSummary
        {
            Subject = results[0].Subject,
            Backend = results[0].Backend,
            Grade = grade,
            Why = why,
            WorstExposed = Worst(results),
            Isolated = Count(results, IsolationVerdict.Isolated),
            Exposed = Count(results, IsolationVerdict.Exposed),
            Declared = Count(results, IsolationVerdict.Declared),
            Inconclusive = Count(results, IsolationVerdict.Inconclusive),
            NotApplicable = Count(results, IsolationVerdict.NotApplicable),
            Complete = missing == 0,
            Categories = [.. results.GroupBy(result => result.Category).OrderBy(group => group.Key).Select(group => Score(group.Key, [.. group]))],
            Duration = duration ?? results.Aggregate(TimeSpan.Zero, (sum, result) => sum + result.Duration),
            Results = results,
        };
    }

    private static (IsolationGrade Grade, List<string> Why) Grade(IReadOnlyList<IsolationResult> results)
    {
        List<string> why = [];

        // What is proven open stays open, however little of the rest could be measured, so this comes before the doubts.
        string[] critical = Open(results, IsolationSeverity.Critical);
        if (critical.Length > 0)
        {
            why.Add($"Any critical opening is F: {List(critical)}.");
            return (IsolationGrade.F, Declared(results, why));
        }

        Doubts(results, why);
        if (why.Count > 0)
        {
            return (IsolationGrade.NotGraded, Declared(results, why));
        }

        IsolationGrade grade = IsolationGrade.A;
        foreach ((IsolationSeverity severity, IsolationGrade most) in new[] { (IsolationSeverity.High, IsolationGrade.D), (IsolationSeverity.Medium, IsolationGrade.C) })
        {
            string[] open = Open(results, severity);
            if (open.Length > 0)
            {
                why.Add($"An opening of {Word(severity)} severity is at most {most}: {List(open)}.");
                grade = Lower(grade, most);
            }
        }

        IsolationResult? kernel = results.FirstOrDefault(IsKernel);
        if (kernel?.Verdict != IsolationVerdict.Isolated)
        {
            why.Add(kernel switch
            {
                null => $"At most {IsolationGrade.B} unless the kernel is shown to be the sandbox's own, which was not asked ({KernelProbe}).",
                { Verdict: IsolationVerdict.Exposed or IsolationVerdict.Declared } => $"At most {IsolationGrade.B} while the kernel is shared with the host.",
                _ => $"At most {IsolationGrade.B} unless the kernel is shown to be the sandbox's own; {KernelProbe} is {kernel.Verdict}.",
            });
            grade = Lower(grade, IsolationGrade.B);
        }

        if (grade == IsolationGrade.A)
        {
            why.Add("Nothing above low severity is open, and the kernel is the sandbox's own.");
        }

        return (grade, Declared(results, why));
    }

    /// <summary>Says why these verdicts can't be graded, where they can't.</summary>
    private static void Doubts(IReadOnlyList<IsolationResult> results, List<string> why)
    {
        int applicable = results.Count - Count(results, IsolationVerdict.NotApplicable);
        int inconclusive = Count(results, IsolationVerdict.Inconclusive);
        if (applicable == 0)
        {
            why.Add("Not graded: no probe's question arises here.");
        }

        string[] critical = [.. results.Where(result => result is { Verdict: IsolationVerdict.Inconclusive, Severity: IsolationSeverity.Critical }).Select(result => result.Id)];
        if (critical.Length > 0)
        {
            why.Add($"Not graded: a critical probe is inconclusive: {List(critical)}.");
        }

        if (inconclusive * InconclusiveShare > applicable)
        {
            why.Add(string.Create(CultureInfo.InvariantCulture, $"Not graded: {inconclusive} of {applicable} probes are inconclusive, more than 20 %."));
        }
    }

    private static List<string> Declared(IReadOnlyList<IsolationResult> results, List<string> why)
    {
        string[] declared = [.. results.Where(result => result.Verdict == IsolationVerdict.Declared && !IsKernel(result)).Select(result => result.Id)];
        if (declared.Length > 0)
        {
            why.Add($"Open because the specification asks for it, which lowers no grade: {List(declared)}.");
        }

        return why;
    }

    private static IsolationCategoryScore Score(IsolationCategory category, IReadOnlyList<IsolationResult> results) => new()
    {
        Category = category,
        Isolated = Count(results, IsolationVerdict.Isolated),
        Exposed = Count(results, IsolationVerdict.Exposed),
        Declared = Count(results, IsolationVerdict.Declared),
        Inconclusive = Count(results, IsolationVerdict.Inconclusive),
        NotApplicable = Count(results, IsolationVerdict.NotApplicable),
        WorstExposed = Worst(results),
    };

    private static IsolationSeverity? Worst(IEnumerable<IsolationResult> results) =>
        results.Where(result => result.Verdict == IsolationVerdict.Exposed).Select(result => (IsolationSeverity?)result.Severity).Max();

    private static int Count(IReadOnlyList<IsolationResult> results, IsolationVerdict verdict) => results.Count(result => result.Verdict == verdict);

    private static string[] Open(IReadOnlyList<IsolationResult> results, IsolationSeverity severity) =>
        [.. results.Where(result => result.Verdict == IsolationVerdict.Exposed && result.Severity == severity && !(IsKernel(result) && severity <= IsolationSeverity.Medium)).Select(result => result.Id)];

    private static bool IsKernel(IsolationResult result) => string.Equals(result.Id, KernelProbe, StringComparison.OrdinalIgnoreCase);

    private static IsolationGrade Lower(IsolationGrade left, IsolationGrade right) => left < right ? left : right;

    // Sorted, so that the same verdicts in another order are told the same way.
    private static string List(string[] ids) => string.Join(", ", ids.Order(StringComparer.Ordinal));

    private static string Word(IsolationSeverity severity) => severity == IsolationSeverity.High ? "high" : "medium";
}
