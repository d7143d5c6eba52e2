using AgentSandbox.Isolation;
using AgentSandbox.Isolation.Reports;

namespace AgentSandbox.Tests.Isolation;

/// <summary>A report with every verdict, severity and grade in it, in which all words of others are the same text.</summary>
internal static class SampleReport
{
    public static readonly DateTimeOffset Created = new(2026, 11, 24, 12, 30, 0, TimeSpan.Zero);

    public static IsolationReport Of(string words)
    {
        var builder = new IsolationReportBuilder();
        foreach ((string backend, IsolationVerdict kernel, IsolationVerdict critical) in new[]
        {
            ("GVisor", IsolationVerdict.Isolated, IsolationVerdict.Isolated), ("Nspawn", IsolationVerdict.Exposed, IsolationVerdict.Isolated),
            ("Chroot", IsolationVerdict.Exposed, IsolationVerdict.Exposed), ("Docker", IsolationVerdict.Inconclusive, IsolationVerdict.Inconclusive),
        })
        {
            builder.Add(Of(words, backend, IsolationGrading.KernelProbe, IsolationSeverity.Medium, kernel, IsolationCategory.Kernel));
            builder.Add(Of(words, backend, "process.signal-host", IsolationSeverity.Critical, critical, IsolationCategory.Process));
            builder.Add(Of(words, backend, "net.host-loopback", IsolationSeverity.High, critical == IsolationVerdict.Exposed ? IsolationVerdict.Exposed : IsolationVerdict.Isolated, IsolationCategory.Network));
            builder.Add(Of(words, backend, "net.egress", IsolationSeverity.Medium, IsolationVerdict.Declared, IsolationCategory.Network));
            builder.Add(Of(words, backend, "ipc.sysv", IsolationSeverity.Low, IsolationVerdict.NotApplicable, IsolationCategory.Ipc));
        }

        builder.Add(Of(words, "GVisor", "only.here", IsolationSeverity.Low, IsolationVerdict.Isolated, IsolationCategory.Device));
        builder.Add(new BackendCost { Backend = "Nspawn", StartTime = TimeSpan.FromMilliseconds(52.4), Memory = 3 << 20 });
        builder.Add(new BackendCost { Backend = "GVisor", StartTime = TimeSpan.FromSeconds(1.25), Memory = null });
        return builder.Build(Created);
    }

    private static IsolationResult Of(string words, string backend, string id, IsolationSeverity severity, IsolationVerdict verdict, IsolationCategory category) => Verdicts.Of(id, verdict, severity, backend, category: category) with
    {
        Evidence = words,
        Probe = new IsolationProbeInfo(id, category, severity, words, words, words),
    };

    public static string Write(IsolationReportFormat format, IsolationReport report)
    {
        using var stream = new MemoryStream();
        IsolationReportFile.Writer(format).Write(report, stream);
        return new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(stream.ToArray());
    }

    public static string Write(IsolationReportFormat format, string words) => Write(format, Of(words));

    /// <summary>Words as an attacker would combine them.</summary>
    public static string HostileWords(Random random)
    {
        string[] pieces =
        [
            "<", ">", "</", "<script>", "</script>", "</style>", "<!--", "-->", "]]>", "<![CDATA[", "\"", "'", "`", "=", "&", "&#60;", "&lt;", "\r", "\n", "\r\n", "\t", "\0", "\u001b[2J", "\u202E", "\u2066", "\u200F", "\uFEFF",
            "\uD800", "\uDC00", "\uFFFF", "\u2028", "|", "\\", "\\|", "`", "``", "*", "_", "#", "[", "](", ")", "!", "~", "http://evil.test", "www.evil.test", "a@evil.test", "onclick=alert(1)", "javascript:", "<?xml", "<!DOCTYPE",
            "a", " ", "ä", "世", "\U0001F600", "{{", "${", "%0a", "<img src=x onerror=alert(1)>", "<details open ontoggle=alert(1)>",
        ];
        return string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => pieces[random.Next(pieces.Length)]));
    }
}
