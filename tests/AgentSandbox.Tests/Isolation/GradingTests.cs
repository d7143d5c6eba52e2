using AgentSandbox.Isolation;
using Xunit.Abstractions;
using static AgentSandbox.Tests.Isolation.Verdicts;

namespace AgentSandbox.Tests.Isolation;

public class GradingTests(ITestOutputHelper output)
{
    private const int Rounds = 4000;

    public static TheoryData<IsolationGrade, IsolationResult[]> Rules => new()
    {
        { IsolationGrade.A, [Kernel(IsolationVerdict.Isolated), Of()] },
        { IsolationGrade.A, [Kernel(IsolationVerdict.Isolated), Of("a", IsolationVerdict.Exposed, IsolationSeverity.Low)] },
        { IsolationGrade.A, [Kernel(IsolationVerdict.Isolated), Of("a", IsolationVerdict.Declared, IsolationSeverity.Critical)] },
        { IsolationGrade.B, [Kernel(IsolationVerdict.Exposed), Of()] },
        { IsolationGrade.B, [Kernel(IsolationVerdict.NotApplicable), Of()] },
        { IsolationGrade.B, [Of()] },
        { IsolationGrade.B, [Kernel(IsolationVerdict.Inconclusive), Of("a"), Of("b"), Of("c"), Of("d")] },
        { IsolationGrade.C, [Kernel(IsolationVerdict.Isolated), Of("a", IsolationVerdict.Exposed)] },
        { IsolationGrade.C, [Kernel(IsolationVerdict.Exposed), Of("a", IsolationVerdict.Exposed)] },
        { IsolationGrade.D, [Kernel(IsolationVerdict.Isolated), Of("a", IsolationVerdict.Exposed, IsolationSeverity.High)] },
        { IsolationGrade.D, [Kernel(IsolationVerdict.Exposed), Of("a", IsolationVerdict.Exposed, IsolationSeverity.High), Of("b", IsolationVerdict.Exposed)] },
        { IsolationGrade.F, [Kernel(IsolationVerdict.Isolated), Of("a", IsolationVerdict.Exposed, IsolationSeverity.Critical)] },
        { IsolationGrade.F, [Of("a", IsolationVerdict.Exposed, IsolationSeverity.Critical), Of("b", IsolationVerdict.Inconclusive, IsolationSeverity.Critical)] },
        { IsolationGrade.NotGraded, [Kernel(IsolationVerdict.Isolated), .. Enumerable.Range(0, 20).Select(i => Of($"{i}")), Of("a", IsolationVerdict.Inconclusive, IsolationSeverity.Critical)] },
        { IsolationGrade.NotGraded, [Of("a"), Of("b"), Of("c"), Of("d", IsolationVerdict.Inconclusive)] },
        { IsolationGrade.B, [Of("a"), Of("b"), Of("c"), Of("e"), Of("d", IsolationVerdict.Inconclusive)] },

        // What does not apply leaves the denominator: one of four, not one of five.
        { IsolationGrade.NotGraded, [Of("a"), Of("b"), Of("c"), Of("e", IsolationVerdict.NotApplicable), Of("d", IsolationVerdict.Inconclusive)] },
        { IsolationGrade.NotGraded, [Of("a", IsolationVerdict.NotApplicable)] },

        // High and inconclusive is not critical and inconclusive.
        { IsolationGrade.B, [Of("a", IsolationVerdict.Inconclusive, IsolationSeverity.High), .. Enumerable.Range(0, 9).Select(i => Of($"{i}"))] },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_worst_opening_decides(IsolationGrade grade, IsolationResult[] results)
    {
        IsolationSummary summary = IsolationGrading.Summarize(results);
        Assert.Equal(grade, summary.Grade);
        Assert.NotEmpty(summary.Why);
        Assert.All(summary.Why, why => Assert.EndsWith(".", why, StringComparison.Ordinal));
    }

    [Fact]
    public void The_reasons_name_what_decided()
    {
        IsolationSummary summary = IsolationGrading.Summarize(
            [Kernel(IsolationVerdict.Exposed), Of("priv.b", IsolationVerdict.Exposed, IsolationSeverity.High), Of("priv.a", IsolationVerdict.Exposed, IsolationSeverity.High), Of("net.egress", IsolationVerdict.Declared)],
            [IsolationGrading.KernelProbe, "priv.a", "priv.b", "net.egress", "never.asked"]);
        Assert.Equal(
            [
                "An opening of high severity is at most D: priv.a, priv.b.",
                "At most B while the kernel is shared with the host.",
                "Open because the specification asks for it, which lowers no grade: net.egress.",
                "1 of the catalogue's 5 probes were not asked; the grade says nothing of those.",
            ],
            summary.Why);
        Assert.False(summary.Complete);
        Assert.Equal(IsolationSeverity.High, summary.WorstExposed);
    }

    [Fact]
    public void The_vector_and_the_counts_add_up()
    {
        Random random = Seeded.Create(output);
        for (int i = 0; i < Rounds; i++)
        {
            List<IsolationResult> results = Verdicts.Random(random);
            IsolationSummary s = IsolationGrading.Summarize(results);
            Assert.Equal(results.Count, s.Isolated + s.Exposed + s.Declared + s.Inconclusive + s.NotApplicable);
            Assert.Equal(results.Count, s.Probes);
            Assert.Equal(s.Exposed, s.Categories.Sum(c => c.Exposed));
            Assert.Equal(results.Count, s.Categories.Sum(c => c.Isolated + c.Exposed + c.Declared + c.Inconclusive + c.NotApplicable));
            Assert.Equal(s.WorstExposed, s.Categories.Max(c => c.WorstExposed));
            Assert.Equal(TimeSpan.FromMilliseconds(2.5 * results.Count), s.Duration);
        }
    }

    [Fact]
    public void The_order_of_the_verdicts_does_not_matter()
    {
        Random random = Seeded.Create(output);
        for (int i = 0; i < Rounds; i++)
        {
            List<IsolationResult> results = Verdicts.Random(random);
            IsolationResult[] other = [.. results];
            random.Shuffle(other);
            IsolationSummary expected = IsolationGrading.Summarize(results);
            IsolationSummary actual = IsolationGrading.Summarize(other);
            Assert.Equal(expected.Grade, actual.Grade);
            Assert.Equal(expected.Why, actual.Why);
            Assert.Equal(expected.Categories, actual.Categories);
        }
    }

    /// <summary>Whatever verdict turns to "exposed": a grade never gets better, and a boundary that held never makes gradeable what was not, except for an F.</summary>
    [Fact]
    public void An_opening_never_improves_the_grade()
    {
        Random random = Seeded.Create(output);
        int graded = 0;
        for (int i = 0; i < Rounds; i++)
        {
            List<IsolationResult> results = Verdicts.Random(random);
            int at = random.Next(results.Count);
            IsolationVerdict before = results[at].Verdict;
            IsolationGrade better = IsolationGrading.Summarize(results).Grade;
            results[at] = results[at] with { Verdict = IsolationVerdict.Exposed };
            IsolationGrade worse = IsolationGrading.Summarize(results).Grade;
            if (better != IsolationGrade.NotGraded)
            {
                Assert.True(worse <= better && worse != IsolationGrade.NotGraded, $"{before} -> Exposed: {better} -> {worse}");
                graded++;
            }
            else if (before is IsolationVerdict.Isolated or IsolationVerdict.Declared)
            {
                Assert.True(worse is IsolationGrade.NotGraded or IsolationGrade.F, $"{before} -> Exposed: {better} -> {worse}");
            }
        }

        Assert.True(graded > Rounds / 10, "too few of the sets had a grade for this to be a test");
    }

    /// <summary>The other way round: closing an opening never makes the grade worse.</summary>
    [Fact]
    public void A_boundary_that_holds_never_worsens_the_grade()
    {
        Random random = Seeded.Create(output);
        for (int i = 0; i < Rounds; i++)
        {
            List<IsolationResult> results = Verdicts.Random(random);
            IsolationGrade before = IsolationGrading.Summarize(results).Grade;
            int at = random.Next(results.Count);
            IsolationVerdict was = results[at].Verdict;
            results[at] = results[at] with { Verdict = IsolationVerdict.Isolated };
            IsolationGrade after = IsolationGrading.Summarize(results).Grade;

            // An F says no more than that; without its one opening, what could not be measured may be all that is left.
            bool hidden = before == IsolationGrade.F && after == IsolationGrade.NotGraded;
            Assert.True(after >= before || hidden, $"{was} -> Isolated: {before} -> {after}");
        }
    }

    /// <summary>What is not known is never better than what is known to hold, and never makes a gate pass.</summary>
    [Fact]
    public void A_doubt_never_improves_the_grade()
    {
        Random random = Seeded.Create(output);
        for (int i = 0; i < Rounds; i++)
        {
            List<IsolationResult> results = Verdicts.Random(random);
            int at = random.Next(results.Count);
            if (results[at].Verdict != IsolationVerdict.Isolated)
            {
                continue;
            }

            IsolationGrade before = IsolationGrading.Summarize(results).Grade;
            results[at] = results[at] with { Verdict = IsolationVerdict.Inconclusive };
            Assert.True(IsolationGrading.Summarize(results).Grade <= before);
        }
    }

    [Fact]
    public void A_grade_is_never_above_what_its_worst_severity_allows()
    {
        Random random = Seeded.Create(output);
        for (int i = 0; i < Rounds; i++)
        {
            List<IsolationResult> results = Verdicts.Random(random);
            IsolationSummary summary = IsolationGrading.Summarize(results);
            IsolationGrade most = summary.WorstExposed switch
            {
                IsolationSeverity.Critical => IsolationGrade.F,
                IsolationSeverity.High => IsolationGrade.D,
                IsolationSeverity.Medium when results.Exists(r => r is { Verdict: IsolationVerdict.Exposed, Severity: IsolationSeverity.Medium } && r.Id != IsolationGrading.KernelProbe) => IsolationGrade.C,
                _ when !results.Exists(r => r.Id == IsolationGrading.KernelProbe && r.Verdict == IsolationVerdict.Isolated) => IsolationGrade.B,
                _ => IsolationGrade.A,
            };
            Assert.True(summary.Grade == most || (summary.Grade == IsolationGrade.NotGraded && most != IsolationGrade.F), $"{summary.Grade}, at most {most}");
        }
    }

    [Fact]
    public void Nothing_is_not_summarized() => Assert.Throws<ArgumentException>(() => IsolationGrading.Summarize([]));
}
