namespace AgentSandbox.Isolation.Reports;

/// <summary>The page's matrix: a line for each probe, a cell for each subject, the evidence under the line when it is opened.</summary>
internal static class HtmlMatrix
{
    /// <summary>With more columns than this the words get smaller.</summary>
    private const int ManySubjects = 5;

    /// <summary>Writes the filters and the matrix.</summary>
    /// <param name="html">Where to.</param>
    /// <param name="report">The report.</param>
    public static void Write(HtmlText html, IsolationReport report)
    {
        IReadOnlyList<IsolationProbeInfo> probes = report.Probes;
        html.Markup("<h2>Verdicts</h2>\n");
        WriteFilters(html, probes, report.Subjects.Count > 1);
        html.Markup($"<div class=\"matrix{(report.Subjects.Count > ManySubjects ? " many" : "")}\">\n<div class=\"row heads\"><span>Probe</span><span>Severity</span><div class=\"cells\">");
        foreach (IsolationReportSubject subject in report.Subjects)
        {
            html.Markup("<span>");
            html.Bidi(subject.Name);
            html.Markup("</span>");
        }

        html.Markup("</div></div>\n");
        ILookup<bool, IsolationProbeInfo> arises = probes.ToLookup(probe => report.Subjects.Any(subject => subject.Find(probe.Id) is { Verdict: not IsolationVerdict.NotApplicable }));
        WriteCategories(html, report, arises[true]);
        WriteCosts(html, report);
        if (arises[false].Any())
        {
            // Questions about other kinds of sandboxes than these: there to be seen, but not in the way.
            html.Markup($"<details class=\"nowhere\"><summary>Not applicable to any of these ({arises[false].Count()})</summary>\n");
            WriteCategories(html, report, arises[false]);
            html.Markup("</details>\n");
        }

        html.Markup("</div>\n");
    }

    private static void WriteCategories(HtmlText html, IsolationReport report, IEnumerable<IsolationProbeInfo> probes)
    {
        foreach (IGrouping<IsolationCategory, IsolationProbeInfo> group in probes.GroupBy(probe => probe.Category))
        {
            html.Markup($"<section class=\"category\"><h3>{Words(group.Key.ToString())}</h3>\n");
            foreach (IsolationProbeInfo probe in group)
            {
                WriteProbe(html, report, probe);
            }

            html.Markup("</section>\n");
        }
    }

    private static void WriteFilters(HtmlText html, IReadOnlyList<IsolationProbeInfo> probes, bool several)
    {
        html.Markup("<form class=\"filters\" hidden>\n<label>Search<input name=\"text\" type=\"search\" placeholder=\"id, question or evidence\"></label>\n");
        html.Markup("<label class=\"half\">Verdict<select name=\"verdict\"><option value=\"\">any</option>");
        foreach (IsolationVerdict verdict in Enum.GetValues<IsolationVerdict>())
        {
            html.Markup($"<option value=\"{verdict}\">{Words(verdict.ToString())}</option>");
        }

        html.Markup($"{(several ? "<option value=\"different\">not the same everywhere</option>" : "")}</select></label>\n<label class=\"half\">Severity<select name=\"severity\"><option value=\"\">any</option>");
        foreach (IsolationSeverity severity in Enum.GetValues<IsolationSeverity>().Where(severity => severity != IsolationSeverity.Low))
        {
            html.Markup($"<option value=\"{(int)severity}\">{severity}{(severity == IsolationSeverity.Critical ? "" : " or worse")}</option>");
        }

        html.Markup("</select></label>\n<label class=\"half\">Category<select name=\"category\"><option value=\"\">any</option>");
        foreach (IsolationCategory category in probes.Select(probe => probe.Category).Distinct())
        {
            html.Markup($"<option value=\"{category}\">{Words(category.ToString())}</option>");
        }

        html.Markup("</select></label>\n<button type=\"button\" class=\"all\">Open evidence</button>\n<button type=\"reset\">Reset</button>\n<output aria-live=\"polite\"></output>\n</form>\n");
    }

    private static void WriteProbe(HtmlText html, IsolationReport report, IsolationProbeInfo probe)
    {
        (IsolationReportSubject Subject, IsolationResult? Result)[] cells = [.. report.Subjects.Select(subject => (subject, subject.Find(probe.Id)))];
        html.Markup($"<details class=\"probe\" data-category=\"{probe.Category}\" data-severity=\"{(int)probe.Severity}\" data-verdicts=\"{string.Join(' ', cells.Select(cell => cell.Result?.Verdict.ToString() ?? "none"))}\">\n<summary class=\"row\"><span class=\"what\"><span class=\"id\">");
        html.Text(probe.Id);
        html.Markup("</span> <small>");
        html.Text(probe.Question);
        html.Markup($"</small></span><span class=\"severity {probe.Severity.ToString().ToLowerInvariant()}\">{probe.Severity}</span><span class=\"cells\">");
        foreach ((IsolationReportSubject subject, IsolationResult? result) in cells)
        {
            WriteVerdict(html, result, subject.Name);
        }

        html.Markup("</span></summary>\n<div class=\"evidence\">\n");
        foreach ((IsolationReportSubject subject, IsolationResult? result) in cells)
        {
            if (result is not null)
            {
                WriteEvidence(html, subject, result);
            }
        }

        html.Markup("</div>\n</details>\n");
    }

    private static void WriteVerdict(HtmlText html, IsolationResult? result, string? who)
    {
        bool grave = result is { Verdict: IsolationVerdict.Exposed, Severity: >= IsolationSeverity.High };
        html.Markup($"<span class=\"verdict v-{(result?.Verdict.ToString() ?? "notasked").ToLowerInvariant()}{(grave ? " grave" : "")}\">");
        if (who is not null)
        {
            html.Markup("<span class=\"who\">");
            html.Bidi(who);
            html.Markup(": </span>");
        }

        html.Markup($"{(result is null ? "not asked" : Mark(result.Verdict))}</span>");
    }

    private static void WriteEvidence(HtmlText html, IsolationReportSubject subject, IsolationResult result)
    {
        html.Markup("<div><h4>");
        html.Bidi(subject.Name);
        WriteVerdict(html, result, null);
        html.Markup($"<span class=\"meta\">observed by {result.ObservedBy}, {ReportText.Time(result.Duration)}</span></h4><p>");
        html.Bidi(result.Evidence);
        html.Markup("</p>");
        if (result.Verdict is IsolationVerdict.Exposed or IsolationVerdict.Declared)
        {
            html.Markup("<p><b>To close it:</b> ");
            html.Bidi(result.Remedy);
            html.Markup("</p>");
        }

        html.Markup("<p class=\"meta\">Reference: ");
        html.Bidi(result.Reference);
        html.Markup("</p></div>\n");
    }

    private static void WriteCosts(HtmlText html, IsolationReport report)
    {
        if (!report.Subjects.Any(subject => subject.StartTime is not null))
        {
            return;
        }

        html.Markup("<section><h3>Cost of a sandbox</h3>\n");
        foreach ((string name, string note, Func<IsolationReportSubject, string> value) in new (string, string, Func<IsolationReportSubject, string>)[]
        {
            ("Start time", "from the call until a command can run", subject => subject.StartTime is { } time ? ReportText.Time(time) : "–"),
            ("Memory", "of a sandbox in which nothing runs", subject => subject.Memory is { } bytes ? ByteSize.Format(bytes) : "–"),
        })
        {
            html.Markup($"<div class=\"row costs\"><span class=\"what\"><b>{name}</b> <small>{note}</small></span><span></span><span class=\"cells\">");
            foreach (IsolationReportSubject subject in report.Subjects)
            {
                html.Markup($"<span data-who=\"{HtmlText.Encode(subject.Name)}\">");
                html.Text(value(subject));
                html.Markup("</span>");
            }

            html.Markup("</span></div>\n");
        }

        html.Markup("</section>\n");
    }

    // A sign beside the word, for those who see no difference of colour.
    private static string Mark(IsolationVerdict verdict) => verdict switch
    {
        IsolationVerdict.Isolated => "✓ Isolated",
        IsolationVerdict.Exposed => "✗ Exposed",
        IsolationVerdict.Declared => "○ Declared",
        IsolationVerdict.NotApplicable => "– Not applicable",
        _ => "? Inconclusive",
    };

    private static string Words(string name) => name switch
    {
        nameof(IsolationCategory.FileSystem) => "File system",
        nameof(IsolationVerdict.NotApplicable) => "Not applicable",
        nameof(IsolationCategory.Ipc) => "Inter-process communication",
        _ => name,
    };
}
