using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using AgentSandbox.Isolation.Reports;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Isolation;

public partial class HtmlReportTests(ITestOutputHelper output)
{
    private static readonly string s_plain = Html("plain words");

    [Fact]
    public void The_page_has_all_there_is_to_say()
    {
        foreach (string text in new[] { ">GVisor<", ">A<", ">B<", ">F<", ">not graded<", "process.signal-host", "✗ Exposed", "✓ Isolated", "○ Declared", "? Inconclusive", "– Not applicable", "not asked", "52.4 ms", "1.3 s", "3 MB", "2026-11-24 12:30:00 UTC" })
        {
            Assert.Contains(text, s_plain, StringComparison.Ordinal);
        }
    }

    /// <summary>Words can't be markup: whatever they are, the page has the same tags in the same order.</summary>
    [Fact]
    public void No_words_make_a_tag()
    {
        string[] expected = Tags(s_plain);
        Assert.True(expected.Length > 100);
        Random random = Seeded.Create(output);
        for (int i = 0; i < 400; i++)
        {
            string words = i == 0 ? Verdicts.Hostile : SampleReport.HostileWords(random);
            Assert.Equal(expected, Tags(Html(words)));
        }
    }

    [Fact]
    public void No_words_stay_invisible_or_turn_others_around()
    {
        string html = Html(Verdicts.Hostile);
        Assert.DoesNotContain(html, c => c != '\n' && char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
        Assert.Contains("&lt;U+202E&gt;gnp.exe", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_words_are_there_to_be_read()
    {
        string html = Html("a <b> \"c\" 'd' & é 世 😀");
        Assert.Contains("a &lt;b&gt; &quot;c&quot; &#39;d&#39; &amp; é 世 😀", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_loaded_and_nothing_but_our_own_script_runs()
    {
        Assert.DoesNotContain(
            Attribute().Matches(s_plain).Select(m => m.Groups[1].Value.ToLowerInvariant()),
            name => name is "src" or "href" or "style" or "action" or "srcset" or "formaction" || name.StartsWith("on", StringComparison.Ordinal));
        Assert.DoesNotContain("http://", s_plain, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("https://", s_plain, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("url(", s_plain, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("@import", s_plain, StringComparison.OrdinalIgnoreCase);
        string policy = Regex.Match(s_plain, "http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\"").Groups[1].Value;
        Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.Contains($"style-src '{Hash(Block("style"))}'", policy, StringComparison.Ordinal);
        Assert.Contains($"script-src '{Hash(Block("script"))}'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);

        // A policy holds for what comes after it.
        Assert.True(s_plain.IndexOf("Content-Security-Policy", StringComparison.Ordinal) < s_plain.IndexOf("<style", StringComparison.Ordinal));
    }

    [Fact]
    public void A_page_of_evidence_is_cut()
    {
        string html = Html(new string('<', 5_000_000));
        Assert.True(html.Length < 4_000_000, $"{html.Length}");
        Assert.Contains("more characters)", html, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_of_a_pair_is_cut_nowhere() => Assert.DoesNotContain('\uFFFD', Html(new string('a', ReportText.MaxLength - 1) + string.Concat(Enumerable.Repeat("😀", 50))));

    private static string Html(string words) => SampleReport.Write(IsolationReportFormat.Html, words);

    private static string[] Tags(string html) => [.. Tag().Matches(html).Select(match => match.Value)];

    private static string Block(string element) => Regex.Match(s_plain, $"<{element}>(.*?)</{element}>", RegexOptions.Singleline).Groups[1].Value;

    private static string Hash(string text) => $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    // As a browser begins one: a letter, '/', '!' or '?' after '<'.
    [GeneratedRegex("<[A-Za-z/!?][^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex("\\s([A-Za-z-]+)=\"")]
    private static partial Regex Attribute();
}
