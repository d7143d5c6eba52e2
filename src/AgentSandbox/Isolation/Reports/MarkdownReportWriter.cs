using System.Globalization;
using System.Text;

namespace AgentSandbox.Isolation.Reports;

/// <summary>Writes Markdown with the tables of GitHub's flavour: grades, matrix, and the evidence for all that is not isolated.</summary>
internal sealed class MarkdownReportWriter : IIsolationReportWriter
{
    /// <inheritdoc/>
    public void Write(IsolationReport report, Stream output)
    {
        using var writer = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("# Isolation report");
        writer.WriteLine();
        writer.WriteLine($"{Escape(report.Product)}, {ReportText.Date(report.Created)}, on {Escape(report.System)}.");
        WriteGrades(writer, report);
        WriteMatrix(writer, report);
        WriteEvidence(writer, report);
    }

    private static void WriteGrades(StreamWriter writer, IsolationReport report)
    {
        writer.WriteLine();
        writer.WriteLine("## Grades");
        WriteRow(writer, ["subject", "grade", "exposed", "declared", "inconclusive", "isolated", "not applicable", "why"], head: true);
        foreach (IsolationReportSubject subject in report.Subjects)
        {
            IsolationSummary s = subject.Summary;
            WriteRow(writer, [Escape(subject.Name), $"**{ReportText.Grade(s.Grade)}**", Number(s.Exposed), Number(s.Declared), Number(s.Inconclusive), Number(s.Isolated), Number(s.NotApplicable), Escape(string.Join(" ", s.Why))]);
        }
    }

    private static void WriteMatrix(StreamWriter writer, IsolationReport report)
    {
        writer.WriteLine();
        writer.WriteLine("## Verdicts");
        WriteRow(writer, ["probe", "severity", .. report.Subjects.Select(subject => Escape(subject.Name))], head: true);
        foreach (IsolationProbeInfo probe in report.Probes)
        {
            WriteRow(writer, [Escape(probe.Id), probe.Severity.ToString(), .. report.Subjects.Select(subject => Verdict(subject.Find(probe.Id)))]);
        }

        if (report.Subjects.Any(subject => subject.StartTime is not null))
        {
            WriteRow(writer, ["start time", "", .. report.Subjects.Select(subject => subject.StartTime is { } time ? ReportText.Time(time) : "")]);
            WriteRow(writer, ["memory", "", .. report.Subjects.Select(subject => subject.Memory is { } bytes ? ByteSize.Format(bytes) : "")]);
        }
    }

    private static void WriteEvidence(StreamWriter writer, IsolationReport report)
    {
        writer.WriteLine();
        writer.WriteLine("## Evidence for what is not isolated");
        WriteRow(writer, ["subject", "probe", "verdict", "observed by", "evidence", "remedy"], head: true);
        foreach (IsolationReportSubject subject in report.Subjects)
        {
            foreach (IsolationResult r in subject.Summary.Results.Where(result => result.Verdict != IsolationVerdict.Isolated))
            {
                WriteRow(writer, [Escape(subject.Name), Escape(r.Id), Verdict(r), r.ObservedBy.ToString(), Escape(r.Evidence), Escape(r.Remedy)]);
            }
        }
    }

    private static void WriteRow(StreamWriter writer, string[] cells, bool head = false)
    {
        if (head)
        {
            writer.WriteLine();
        }

        writer.WriteLine($"| {string.Join(" | ", cells)} |");
        if (head)
        {
            writer.WriteLine($"|{string.Concat(Enumerable.Repeat(" --- |", cells.Length))}");
        }
    }

    private static string Verdict(IsolationResult? result) => result?.Verdict switch
    {
        null => "",
        IsolationVerdict.Exposed => "**Exposed**",
        { } verdict => verdict.ToString(),
    };

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Makes a text nothing but text: every ASCII punctuation character that CommonMark or its extensions read is escaped, and those that HTML or an
    /// automatic link begin with become entities, since a backslash does not keep every reader from making a link of what follows.
    /// </summary>
    internal static string Escape(string? text)
    {
        var result = new StringBuilder();
        foreach (char c in ReportText.Clean(text))
        {
            _ = c switch
            {
                '&' => result.Append("&amp;"),
                '<' => result.Append("&lt;"),
                '>' => result.Append("&gt;"),
                '@' => result.Append("&#64;"),
                ':' => result.Append("&#58;"),
                '|' => result.Append("&#124;"),
                '\\' or '`' or '*' or '_' or '{' or '}' or '[' or ']' or '#' or '!' or '~' or '$' or '^' => result.Append('\\').Append(c),
                _ => result.Append(c),
            };
        }

        // "www." alone is a link too in GitHub's flavour.
        return result.ToString().Replace("www.", "www&#46;", StringComparison.OrdinalIgnoreCase);
    }
}
