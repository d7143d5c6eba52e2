using System.CommandLine;
using System.IO.Enumeration;
using AgentSandbox.Host.CommandLine.Options;
using AgentSandbox.Host.CommandLine.Output;
using AgentSandbox.Isolation;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>test</c>: measures what a sandbox, or a backend, isolates.</summary>
internal static class TestVerb
{
    private static readonly Argument<string?> s_name = new("name") { HelpName = "NAME", Description = "Sandbox whose specification is tested, in a fresh sibling; without it, a backend with its defaults.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string[]> s_probes = CommonOptions.Repeated("--probe", "ID", "Only these probes, * and ? as wildcards, such as 'process.*'. Repeatable.");

    /// <summary>Makes the verb.</summary>
    /// <returns>The verb.</returns>
    public static Verb Create()
    {
        var verb = new Verb("test", "Measure what a sandbox isolates: every probe runs in a fresh sandbox of the same specification.")
        {
            Usage = "agentsandbox test [NAME] [options]",
            Handler = HandleAsync,
            Examples =
            [
                ("What Auto takes on this machine, with its defaults", "agentsandbox test"),
                ("How weak is a chroot?", "agentsandbox test --backend chroot"),
                ("My sandbox's network", "agentsandbox test box --probe 'net.*'"),
            ],
            Notes = "Exit code 0 says that the probes ran; the verdicts are the report. OBSERVED BY: Host can't be forged from inside,\nGuestProof is a secret that came out, GuestReport is what the inside says.",
        };
        verb.Arguments.Add(s_name);
        verb.Options.Add(CommonOptions.Backend);
        verb.Options.Add(s_probes);
        verb.Options.Add(CommonOptions.Json);
        return verb;
    }

    private static async Task<int> HandleAsync(Invocation invocation)
    {
        string? name = invocation.Value(s_name);
        string? backend = invocation.Value(CommonOptions.Backend);
        if (name is not null && backend is not null)
        {
            throw new UsageException("A sandbox and a backend are both given.", "Give NAME or --backend: a sandbox has a backend already.");
        }

        IReadOnlyCollection<string>? probes = SelectProbes(invocation.Value(s_probes) ?? []);
        await using var manager = new SandboxManager();
        SandboxSpecification specification = name is not null
            ? manager.Get(name).Specification
            : manager.Resolve(new SandboxSpecification { Backend = backend ?? SandboxSpecification.AutoBackend });
        var results = new List<IsolationResult>();
        try
        {
            await foreach (IsolationResult result in new IsolationTester(manager).TestAsync(name ?? specification.Backend, specification, probes, invocation.CancellationToken))
            {
                results.Add(result);
                if (!invocation.Json)
                {
                    WriteRow(result, first: results.Count == 1);
                }
            }
        }
        catch (OperationCanceledException) when (invocation.Signals.First != 0)
        {
            throw new InterruptedException(invocation.Signals.First);
        }

        if (invocation.Json)
        {
            Report.Json<IReadOnlyList<IsolationResult>>(results, ReportJson.Readable.IReadOnlyListIsolationResult);
        }
        else
        {
            Report.Line($"\n{specification.Backend}: " + string.Join(", ", results.GroupBy(r => r.Verdict).OrderBy(g => g.Key).Select(g => $"{g.Count()} {g.Key}")));
        }

        return 0;
    }

    private static string[]? SelectProbes(string[] patterns)
    {
        if (patterns.Length == 0)
        {
            return null;
        }

        string[] ids = [.. IsolationTester.Catalogue.Select(p => p.Id).Where(id => patterns.Any(p => FileSystemName.MatchesSimpleExpression(p, id, ignoreCase: true)))];
        return ids.Length > 0 ? ids : throw new SandboxException(SandboxErrorId.ProbeNotFound, $"No isolation probe matches {string.Join(", ", patterns)}.", $"The probes are: {string.Join(", ", IsolationTester.Catalogue.Select(p => p.Id))}.");
    }

    // Rows come one by one, as the probes end, so the widths are those of the catalogue.
    private static void WriteRow(IsolationResult result, bool first)
    {
        int width = IsolationTester.Catalogue.Select(p => p.Id.Length).Append("PROBE".Length).Max();
        if (first)
        {
            Report.Line(Terminal.Bold($"{"VERDICT",-13}  {"PROBE".PadRight(width)}  {"SEVERITY",-8}  {"OBSERVED BY",-11}  EVIDENCE"));
        }

        string verdict = result.Verdict.ToString().PadRight(13);
        verdict = result.Verdict switch
        {
            IsolationVerdict.Isolated => Terminal.Good(verdict),
            IsolationVerdict.Exposed => Terminal.Bad(verdict),
            _ => verdict,
        };
        Report.Line($"{verdict}  {result.Id.PadRight(width)}  {result.Severity,-8}  {result.ObservedBy,-11}  {PrintableText.Clean(result.Evidence)}");
    }
}
