using System.Globalization;
using System.Text;
using System.Xml;

namespace AgentSandbox.Isolation.Reports;

/// <summary>
/// Writes the XML that CI servers read as JUnit's: a suite for each subject, a case for each probe. Exposed is a failure; not applicable and inconclusive are
/// skipped, and each suite has a case "grade", an error when too much was inconclusive for a grade, so that a run that measured nothing is not green.
/// </summary>
internal sealed class JUnitReportWriter : IIsolationReportWriter
{
    /// <inheritdoc/>
    public void Write(IsolationReport report, Stream output)
    {
        using var writer = XmlWriter.Create(output, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true, CloseOutput = false, NewLineChars = "\n" });
        IsolationSummary[] all = [.. report.Subjects.Select(subject => subject.Summary)];
        writer.WriteStartElement("testsuites");
        writer.WriteAttributeString("name", "isolation");
        WriteCounts(writer, all);
        foreach (IsolationReportSubject subject in report.Subjects)
        {
            WriteSuite(writer, report, subject);
        }

        writer.WriteEndElement();
    }

    private static void WriteSuite(XmlWriter writer, IsolationReport report, IsolationReportSubject subject)
    {
        writer.WriteStartElement("testsuite");
        Attribute(writer, "name", $"isolation of {subject.Name}");
        WriteCounts(writer, [subject.Summary]);
        writer.WriteAttributeString("timestamp", report.Created.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture));
        writer.WriteStartElement("properties");
        foreach ((string name, string value) in new[] { ("backend", subject.Summary.Backend), ("grade", subject.Summary.Grade.ToString()), ("product", report.Product), ("system", report.System) })
        {
            writer.WriteStartElement("property");
            writer.WriteAttributeString("name", name);
            Attribute(writer, "value", value);
            writer.WriteEndElement();
        }

        writer.WriteEndElement();
        foreach (IsolationResult result in subject.Summary.Results)
        {
            WriteCase(writer, subject, result);
        }

        WriteGrade(writer, subject);
        writer.WriteEndElement();
    }

    private static void WriteCase(XmlWriter writer, IsolationReportSubject subject, IsolationResult result)
    {
        StartCase(writer, subject, result.Category.ToString(), result.Id, result.Duration);
        switch (result.Verdict)
        {
            case IsolationVerdict.Exposed:
                writer.WriteStartElement("failure");
                Attribute(writer, "message", $"Exposed ({result.Severity}): {result.Evidence}");
                writer.WriteAttributeString("type", $"Exposed.{result.Severity}");
                writer.WriteString(ReportText.Clean(result.Probe.Question) + "\n" + ReportText.Clean(result.Evidence) + "\n" + ReportText.Clean($"Observed by {result.ObservedBy}. To close it: {result.Remedy}"));
                writer.WriteEndElement();
                break;
            case IsolationVerdict.NotApplicable or IsolationVerdict.Inconclusive:
                writer.WriteStartElement("skipped");
                Attribute(writer, "message", $"{result.Verdict}: {result.Evidence}");
                writer.WriteEndElement();
                break;
            default:
                writer.WriteElementString("system-out", ReportText.Clean($"{result.Verdict}, observed by {result.ObservedBy}: {result.Evidence}"));
                break;
        }

        writer.WriteEndElement();
    }

    private static void WriteGrade(XmlWriter writer, IsolationReportSubject subject)
    {
        string why = string.Join(" ", subject.Summary.Why);
        StartCase(writer, subject, "Summary", "grade", TimeSpan.Zero);
        if (subject.Summary.Grade == IsolationGrade.NotGraded)
        {
            writer.WriteStartElement("error");
            Attribute(writer, "message", why);
            writer.WriteAttributeString("type", "NotGraded");
            writer.WriteEndElement();
        }
        else
        {
            writer.WriteElementString("system-out", ReportText.Clean($"{subject.Summary.Grade}: {why}"));
        }

        writer.WriteEndElement();
    }

    private static void StartCase(XmlWriter writer, IsolationReportSubject subject, string category, string name, TimeSpan time)
    {
        writer.WriteStartElement("testcase");
        Attribute(writer, "classname", $"{string.Concat(subject.Name.Select(c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '_')).TrimEnd('_')}.{category}"); // A server takes dots for packages.
        Attribute(writer, "name", name);
        writer.WriteAttributeString("time", Seconds(time));
    }

    private static void WriteCounts(XmlWriter writer, IReadOnlyList<IsolationSummary> summaries)
    {
        // The case of the grade is one more in each suite.
        Number(writer, "tests", summaries.Sum(summary => summary.Probes + 1));
        Number(writer, "failures", summaries.Sum(summary => summary.Exposed));
        Number(writer, "errors", summaries.Count(summary => summary.Grade == IsolationGrade.NotGraded));
        Number(writer, "skipped", summaries.Sum(summary => summary.NotApplicable + summary.Inconclusive));
        writer.WriteAttributeString("time", Seconds(summaries.Aggregate(TimeSpan.Zero, (sum, summary) => sum + summary.Duration)));
    }

    private static void Number(XmlWriter writer, string name, int value) => writer.WriteAttributeString(name, value.ToString(CultureInfo.InvariantCulture));

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    private static void Attribute(XmlWriter writer, string name, string value) => writer.WriteAttributeString(name, ReportText.Clean(value));
}
