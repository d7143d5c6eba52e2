using AgentSandbox.Isolation;

namespace AgentSandbox.Tests.Isolation;

/// <summary>Makes verdicts, and sets of them at random.</summary>
internal static class Verdicts
{
    /// <summary>Text as a hostile guest would write it: markup, quotes, escapes, marks that turn the writing around, halves of pairs, table and script ends.</summary>
    public const string Hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'`=&{{7*7}}${7*7}|a|b|\r\n## h\n[x](javascript:alert(3)) ![i](http://evil.test/i.png) <http://evil.test> www.evil.test a@evil.test"
        + "\u202Egnp.exe\u202C\u2066x\u2069\u200B\u0000\u001b[31m\u0007\uD800]]>&lt;</failure>--><!-- \uFFFE \U000F0000 é 世 \U0001F600";

    public static IsolationResult Of(
        string id = "net.raw", IsolationVerdict verdict = IsolationVerdict.Isolated, IsolationSeverity severity = IsolationSeverity.Medium, string subject = "Nspawn", string? backend = null,
        IsolationCategory category = IsolationCategory.Network, string evidence = "EPERM.", string remedy = "-Network None.", IsolationObserver observer = IsolationObserver.GuestReport) => new()
        {
            Subject = subject,
            Backend = backend ?? subject,
            Probe = new IsolationProbeInfo(id, category, severity, "Is it open?", "socket(2)", remedy),
            Verdict = verdict,
            ObservedBy = observer,
            Evidence = evidence,
            Duration = TimeSpan.FromMilliseconds(2.5),
        };

    public static IsolationResult Kernel(IsolationVerdict verdict) => Of(IsolationGrading.KernelProbe, verdict, IsolationSeverity.Medium, category: IsolationCategory.Kernel);

    /// <summary>A catalogue's worth of verdicts, with all kinds of them, the kernel's among them or not.</summary>
    public static List<IsolationResult> Random(Random random)
    {
        IsolationVerdict[] verdicts = Enum.GetValues<IsolationVerdict>();
        IsolationSeverity[] severities = Enum.GetValues<IsolationSeverity>();
        IsolationCategory[] categories = Enum.GetValues<IsolationCategory>();

        // Mostly holding, else nearly every set would be an F and the rules below it would never be met.
        double holding = random.NextDouble();
        IsolationVerdict Verdict() => random.NextDouble() < holding ? IsolationVerdict.Isolated : verdicts[random.Next(verdicts.Length)];
        List<IsolationResult> results =
        [
            .. Enumerable.Range(0, random.Next(1, 30)).Select(i => Of($"p.{i}", Verdict(), severities[random.Next(severities.Length)], category: categories[random.Next(categories.Length)])),
        ];
        if (random.Next(3) > 0)
        {
            results.Insert(random.Next(results.Count), Kernel(Verdict()));
        }

        return results;
    }
}
