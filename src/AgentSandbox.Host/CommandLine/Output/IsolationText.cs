using System.Globalization;
using AgentSandbox.Isolation;

namespace AgentSandbox.Host.CommandLine.Output;

/// <summary>Verdicts and summaries for people.</summary>
internal static class IsolationText
{
    /// <summary>Writes a verdict as a row. Rows come one by one, as the probes end, so the widths are those of the catalogue.</summary>
    /// <param name="result">The verdict.</param>
    /// <param name="first">The heads are written before it.</param>
    public static void WriteRow(IsolationResult result, bool first)
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

    /// <summary>Writes a summary: counts and grade with its reasons, and on request the vector.</summary>
    /// <param name="summary">The summary.</param>
    /// <param name="vector">A line for each category too.</param>
    public static void WriteSummary(IsolationSummary summary, bool vector)
    {
        (int Count, IsolationVerdict Verdict)[] counts =
        [
            (summary.Isolated, IsolationVerdict.Isolated), (summary.Exposed, IsolationVerdict.Exposed), (summary.Declared, IsolationVerdict.Declared),
            (summary.NotApplicable, IsolationVerdict.NotApplicable), (summary.Inconclusive, IsolationVerdict.Inconclusive),
        ];
        string list = string.Join(", ", counts.Where(c => c.Count > 0).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Count} {c.Verdict}")));
        string subject = summary.Subject == summary.Backend ? summary.Backend : $"{summary.Subject} ({summary.Backend})";
        Report.Line($"{(vector ? "" : "\n")}{PrintableText.Clean(subject)}: {list}, in {HumanText.Span(summary.Duration)}");
        string grade = summary.Grade == IsolationGrade.NotGraded ? "not graded" : $"grade {summary.Grade}";
        Report.Line(summary.Grade >= IsolationGrade.B ? Terminal.Good(grade) : Terminal.Bad(grade));
        foreach (string why in summary.Why)
        {
            Report.Line($"  {PrintableText.Clean(why)}");
        }

        if (vector)
        {
            var table = new TableWriter("CATEGORY", "ISOLATED", "EXPOSED", "DECLARED", "INCONCLUSIVE", "NOT APPLICABLE", "WORST EXPOSED");
            foreach (IsolationCategoryScore score in summary.Categories)
            {
                table.Add([score.Category.ToString(), .. new[] { score.Isolated, score.Exposed, score.Declared, score.Inconclusive, score.NotApplicable }.Select(n => n == 0 ? null : n.ToString(CultureInfo.InvariantCulture)), score.WorstExposed?.ToString()]);
            }

            Report.Text(table.ToString());
        }
    }
}
