using System.CommandLine;
using AgentSandbox.Host.CommandLine.Options;
using AgentSandbox.Host.CommandLine.Output;
using AgentSandbox.Isolation;
using AgentSandbox.Isolation.Reports;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>test</c>: measures what a sandbox, a backend or a specification isolates.</summary>
internal static class TestVerb
{
    private static readonly Argument<string?> s_name = new("name") { HelpName = "NAME", Description = "Sandbox whose specification is tested, in a fresh sibling; without it, a backend with its defaults.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<string?> s_path = CommonOptions.Text("--path", "FILE", "Test the specification in this JSON file.");
    private static readonly Option<bool> s_summary = new("--summary") { Description = "Report the grade and what stands beside it instead of each verdict." };
    private static readonly Option<string?> s_report = CommonOptions.Text("--report", "FILE", "Also write a report, as the name ends: .html, .json, .md or .xml (JUnit). A file that exists is replaced.");

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
                ("A gate and a page for a CI server", "agentsandbox test box --minimum-grade B --require 'process.*' --report isolation.html"),
            ],
            Notes = "Exit code 0 says that the probes ran, and that --minimum-grade and --require are fulfilled where they are given; 1 that they are not;\n125 that something could not be measured. The verdicts are the report. OBSERVED BY: Host can't be forged from inside, GuestProof is a\nsecret that came out, GuestReport is what the inside says.",
        };
        verb.Arguments.Add(s_name);
        verb.Options.Add(CommonOptions.Backend);
        verb.Options.Add(s_path);
        IsolationOptions.AddTo(verb);
        verb.Options.Add(s_summary);
        verb.Options.Add(s_report);
        verb.Options.Add(CommonOptions.Json);
        return verb;
    }

    private static async Task<int> HandleAsync(Invocation invocation)
    {
        (IsolationSelection selection, IsolationGate gate) = IsolationOptions.Bind(invocation.Parsed);
        string? report = invocation.Value(s_report);
        IsolationReportFormat format = default;
        if (report is not null)
        {
            // Before anything is measured, not after.
            format = IsolationReportFile.FormatOf(report);
            IsolationReportFile.Check(report, replace: true);
        }

        await using var manager = new SandboxManager();
        var observer = new Observer(invocation.Value(s_summary), invocation.Json);
        try
        {
            await new IsolationBatch(new IsolationTester(manager), selection.Ids, 1).RunAsync([Subject(invocation, manager)], observer, invocation.CancellationToken);
        }
        catch (OperationCanceledException) when (invocation.Signals.First != 0)
        {
            throw new InterruptedException(invocation.Signals.First);
        }

        IsolationSummary summary = observer.Summary ?? throw observer.Failure!;
        if (report is not null)
        {
            var builder = new IsolationReportBuilder();
            builder.Add(summary);
            IsolationReportFile.Write(builder.Build(DateTimeOffset.UtcNow), report, format, replace: true);
        }

        IReadOnlyList<IsolationShortfall> shortfalls = gate.Judge(summary);
        return shortfalls.Count == 0 ? 0 : throw IsolationGate.Insufficient(shortfalls);
    }

    private static IsolationSubject Subject(Invocation invocation, SandboxManager manager)
    {
        string? name = invocation.Value(s_name);
        string? backend = invocation.Value(CommonOptions.Backend);
        string? path = invocation.Value(s_path);
        if (new[] { name, backend, path }.Count(value => value is not null) > 1)
        {
            throw new UsageException("More than one thing to test is given.", "Give NAME, --backend or --path: a sandbox has a backend already, and so does a specification.");
        }

        SandboxSpecification specification = name is not null ? manager.Get(name).Specification
            : path is not null ? SpecificationFile.Read(path)
            : manager.Resolve(new SandboxSpecification { Backend = backend ?? SandboxSpecification.AutoBackend });
        return new IsolationSubject(name ?? (path is null ? specification.Backend : specification.Name ?? Path.GetFileNameWithoutExtension(path)), () => specification);
    }

    /// <summary>Writes what is found as it comes, or gathers it for JSON.</summary>
    private sealed class Observer(bool summary, bool json) : IIsolationBatchObserver
    {
        private bool _first = true;

        public IsolationSummary? Summary { get; private set; }

        public SandboxException? Failure { get; private set; }

        public void Advanced(int index, IsolationSubject subject, int done, string? last)
        {
        }

        public ValueTask FoundAsync(IsolationResult result, CancellationToken cancellationToken)
        {
            if (!json && !summary)
            {
                IsolationText.WriteRow(result, _first);
                _first = false;
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask SummarizedAsync(IsolationSummary found, CancellationToken cancellationToken)
        {
            Summary = found;
            if (json && summary)
            {
                Report.Json<IReadOnlyList<IsolationSummary>>([found], ReportJson.Readable.IReadOnlyListIsolationSummary);
            }
            else if (json)
            {
                Report.Json(found.Results, ReportJson.Readable.IReadOnlyListIsolationResult);
            }
            else
            {
                IsolationText.WriteSummary(found, vector: summary);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask FailedAsync(IsolationSubject subject, SandboxException failure, CancellationToken cancellationToken)
        {
            Failure = failure;
            return ValueTask.CompletedTask;
        }
    }
}
