using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AgentSandbox.Isolation.Reports;

/// <summary>
/// Writes one HTML page with its style and its script in it. Two walls stand between a hostile guest's words and the reader's browser: every text is encoded, and the page's
/// own policy runs no script and loads nothing but the two blocks whose hashes it names. Without script the page reads the same; only the filters need it.
/// </summary>
internal sealed class HtmlReportWriter : IIsolationReportWriter
{
    /// <inheritdoc/>
    public void Write(IsolationReport report, Stream output)
    {
        string style = Resource("report.css");
        string script = Resource("report.js");
        using var writer = new StreamWriter(output, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        var html = new HtmlText(writer);
        html.Markup($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '{Hash(style)}'; script-src '{Hash(script)}'; base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="referrer" content="no-referrer">
            <title>Isolation report</title>
            <style>{style}</style>
            </head>
            <body>
            <header>
            <h1>Isolation report</h1>
            <p class="meta">
            """);
        html.Text($"{report.Product} · {ReportText.Date(report.Created)} · {report.System}");
        html.Markup("</p>\n</header>\n<main>\n");
        WriteSubjects(html, report);
        HtmlMatrix.Write(html, report);
        html.Markup(Key);
        html.Markup($"</main>\n<script>{script}</script>\n</body>\n</html>\n");
    }

    private const string Key = """
        <h2>How to read this</h2>
        <ul class="key">
        <li><b>Isolated</b>: the boundary holds.</li>
        <li><b>Exposed</b>: it is open.</li>
        <li><b>Declared</b>: it is open because the specification asked for it.</li>
        <li><b>Not applicable</b>: the question does not arise on that machine.</li>
        <li><b>Inconclusive</b>: a control failed, so neither answer could be trusted.</li>
        <li>Observed by <b>Host</b>: nothing in the sandbox can forge it. <b>GuestProof</b>: the sandbox returned a secret. <b>GuestReport</b>: the sandbox says so.</li>
        <li><b>Process 2/3</b>: of the three probes of that category that apply, two are isolated.</li>
        <li><b>Grade</b>: the worst opening decides, never a mean. F critical, D high, C medium; B when only the kernel is shared; A when it is not.</li>
        </ul>

        """;

    private static void WriteSubjects(HtmlText html, IsolationReport report)
    {
        html.Markup("<div class=\"subjects\">\n");
        foreach (IsolationReportSubject subject in report.Subjects)
        {
            IsolationSummary summary = subject.Summary;
            bool graded = summary.Grade != IsolationGrade.NotGraded;
            html.Markup($"<section class=\"subject\"><div class=\"grade g-{(graded ? summary.Grade.ToString().ToLowerInvariant() : "none words")}\">{ReportText.Grade(summary.Grade)}</div><h2>");
            html.Bidi(subject.Name);
            html.Markup("</h2><div class=\"counts\">");
            html.Text(Counts(summary));
            html.Markup("</div><ul>");
            foreach (string why in summary.Why)
            {
                html.Markup("<li>");
                html.Bidi(why);
                html.Markup("</li>");
            }

            html.Markup("</ul><div class=\"vector\">");
            foreach (IsolationCategoryScore score in summary.Categories)
            {
                string state = score.Exposed > 0 ? "open" : score.Inconclusive > 0 ? "doubt" : score.Isolated > 0 && score.Declared == 0 ? "holds" : "";
                html.Markup($"<span class=\"{state}\">");
                html.Text(score.ToString());
                html.Markup("</span>");
            }

            html.Markup("</div></section>\n");
        }

        html.Markup("</div>\n");
    }

    private static string Counts(IsolationSummary summary)
    {
        (int Count, string Word)[] counts =
        [
            (summary.Exposed, "exposed"), (summary.Declared, "declared"), (summary.Inconclusive, "inconclusive"), (summary.Isolated, "isolated"), (summary.NotApplicable, "not applicable"),
        ];
        return string.Join(" · ", counts.Where(count => count.Count > 0).Select(count => string.Create(CultureInfo.InvariantCulture, $"{count.Count} {count.Word}")).Append(ReportText.Time(summary.Duration)));
    }

    // Part of this assembly, with one kind of line end on every machine that builds it: the policy names the hash of exactly these bytes.
    private static string Resource(string name)
    {
        using Stream stream = typeof(HtmlReportWriter).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The resource {name} is missing.");
        using var reader = new StreamReader(stream);
        return "\n" + reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
}
