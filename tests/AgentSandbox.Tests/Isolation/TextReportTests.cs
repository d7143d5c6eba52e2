using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using System.Xml.Schema;
using AgentSandbox.Isolation;
using AgentSandbox.Isolation.Reports;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Isolation;

public partial class TextReportTests(ITestOutputHelper output)
{
    /// <summary>What Jenkins, GitLab and Azure DevOps agree on of JUnit's XML: elements, their order, and attributes.</summary>
    private const string JUnitSchema = """
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
          <xs:attributeGroup name="counts">
            <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/><xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
            <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/><xs:attribute name="skipped" type="xs:nonNegativeInteger" use="required"/><xs:attribute name="time" type="xs:decimal" use="required"/>
          </xs:attributeGroup>
          <xs:complexType name="outcome"><xs:simpleContent><xs:extension base="xs:string"><xs:attribute name="message" type="xs:string"/><xs:attribute name="type" type="xs:string" use="required"/></xs:extension></xs:simpleContent></xs:complexType>
          <xs:element name="testsuites"><xs:complexType><xs:sequence><xs:element name="testsuite" maxOccurs="unbounded"><xs:complexType><xs:sequence>
            <xs:element name="properties"><xs:complexType><xs:sequence><xs:element name="property" maxOccurs="unbounded"><xs:complexType><xs:attribute name="name" type="xs:token" use="required"/><xs:attribute name="value" type="xs:string" use="required"/></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
            <xs:element name="testcase" maxOccurs="unbounded"><xs:complexType><xs:choice>
              <xs:element name="failure" type="outcome"/><xs:element name="error" type="outcome"/>
              <xs:element name="skipped"><xs:complexType><xs:attribute name="message" type="xs:string"/></xs:complexType></xs:element><xs:element name="system-out" type="xs:string"/>
            </xs:choice><xs:attribute name="classname" type="xs:token" use="required"/><xs:attribute name="name" type="xs:token" use="required"/><xs:attribute name="time" type="xs:decimal" use="required"/></xs:complexType></xs:element>
          </xs:sequence><xs:attribute name="name" type="xs:token" use="required"/><xs:attribute name="timestamp" type="xs:dateTime" use="required"/><xs:attributeGroup ref="counts"/></xs:complexType></xs:element></xs:sequence>
          <xs:attribute name="name" type="xs:token"/><xs:attributeGroup ref="counts"/></xs:complexType></xs:element>
        </xs:schema>
        """;

    [Fact]
    public void JUnit_is_what_ci_servers_read_whatever_the_words_are()
    {
        Random random = Seeded.Create(output);
        for (int i = 0; i < 200; i++)
        {
            XDocument document = JUnit(SampleReport.Write(IsolationReportFormat.JUnit, i == 0 ? Verdicts.Hostile : SampleReport.HostileWords(random)));
            foreach (XElement suite in document.Root!.Elements("testsuite").Append(document.Root))
            {
                XElement[] cases = [.. suite.Descendants("testcase")];
                Assert.Equal(cases.Length, (int)suite.Attribute("tests")!);
                Assert.Equal(cases.Count(c => c.Element("failure") is not null), (int)suite.Attribute("failures")!);
                Assert.Equal(cases.Count(c => c.Element("error") is not null), (int)suite.Attribute("errors")!);
                Assert.Equal(cases.Count(c => c.Element("skipped") is not null), (int)suite.Attribute("skipped")!);
            }
        }
    }

    [Fact]
    public void JUnit_says_what_failed_and_what_was_not_measured()
    {
        XElement root = JUnit(SampleReport.Write(IsolationReportFormat.JUnit, "plain words")).Root!;
        Assert.Equal(["isolation of GVisor", "isolation of Nspawn", "isolation of Chroot", "isolation of Docker"], root.Elements().Select(suite => (string)suite.Attribute("name")!));
        Assert.Equal(["kernel.shared", "process.signal-host", "net.host-loopback"], Cases("Chroot", "failure"));
        Assert.Equal(["kernel.shared", "process.signal-host", "ipc.sysv"], Cases("Docker", "skipped"));
        Assert.Equal(["grade"], Cases("Docker", "error"));
        Assert.Empty(Cases("GVisor", "error"));
        Assert.Equal(["process.signal-host", "net.host-loopback", "net.egress", "grade"], Cases("Nspawn", "system-out"));
        XElement failure = root.Descendants("testcase").First(c => (string)c.Attribute("classname")! == "Chroot.Process").Element("failure")!;
        Assert.Equal(("Exposed.Critical", "Exposed (Critical): plain words"), ((string)failure.Attribute("type")!, (string)failure.Attribute("message")!));

        string[] Cases(string subject, string outcome) =>
            [.. root.Elements().First(suite => ((string)suite.Attribute("name")!).EndsWith(subject, StringComparison.Ordinal)).Elements("testcase").Where(c => c.Element(outcome) is not null).Select(c => (string)c.Attribute("name")!)];
    }

    [Fact]
    public void Json_gives_every_word_back_and_is_plain_ascii()
    {
        string words = Verdicts.Hostile.Replace("\uD800", "", StringComparison.Ordinal);
        string text = SampleReport.Write(IsolationReportFormat.Json, words);
        Assert.DoesNotContain(text, c => c > 126 || c is '<' or '>' or '&' or '\'' || (c < 32 && c != '\n'));
        JsonElement json = JsonDocument.Parse(text).RootElement;
        Assert.Equal(1, json.GetProperty("Version").GetInt32());
        JsonElement[] subjects = [.. json.GetProperty("Subjects").EnumerateArray()];
        Assert.Equal(["A", "B", "F", "NotGraded"], subjects.Select(s => s.GetProperty("Summary").GetProperty("Grade").GetString()));
        Assert.All(subjects.SelectMany(s => s.GetProperty("Results").EnumerateArray()), r => Assert.Equal(words, r.GetProperty("Evidence").GetString()));
        Assert.Equal("00:00:00.0524000", subjects[1].GetProperty("StartTime").GetString());
    }

    [Fact]
    public void Markdown_words_are_words()
    {
        string[] expected = Skeleton("plain words");
        Assert.Contains("|c|c|c|c|c|c|", expected);
        Random random = Seeded.Create(output);
        for (int i = 0; i < 400; i++)
        {
            Assert.Equal(expected, Skeleton(i == 0 ? Verdicts.Hostile : SampleReport.HostileWords(random)));
        }
    }

    [Theory]
    [InlineData("a|b", "a&#124;b")]
    [InlineData("`x`", "\\`x\\`")]
    [InlineData("**x** [l](u) ![i](u) # h ~~x~~", "\\*\\*x\\*\\* \\[l\\](u) \\!\\[i\\](u) \\# h \\~\\~x\\~\\~")]
    [InlineData("<b> &amp; https://x a@b WWW.x", "&lt;b&gt; &amp;amp; https&#58;//x a&#64;b www&#46;x")]
    [InlineData("a\r\nb\\", "a&lt;U+000D&gt;&lt;U+000A&gt;b\\\\")]
    public void Markdown_is_escaped(string words, string expected) => Assert.Equal(expected, MarkdownReportWriter.Escape(words).Replace("\\<", "&lt;", StringComparison.Ordinal));

    [Fact]
    public void Two_runs_of_one_subject_are_both_told()
    {
        var builder = new IsolationReportBuilder();
        builder.Add(Verdicts.Of(verdict: IsolationVerdict.Exposed));
        builder.Add(Verdicts.Of(verdict: IsolationVerdict.Isolated));
        builder.Add(IsolationGrading.Summarize([Verdicts.Of(subject: "box", backend: "Nspawn")], TimeSpan.FromSeconds(3)));
        IsolationReport report = builder.Build(SampleReport.Created);
        Assert.Equal(["Nspawn", "Nspawn #2", "box (Nspawn)"], report.Subjects.Select(s => s.Name));
        Assert.Equal([IsolationGrade.C, IsolationGrade.B, IsolationGrade.B], report.Subjects.Select(s => s.Summary.Grade));
        Assert.Equal(TimeSpan.FromSeconds(3), report.Subjects[2].Summary.Duration);
    }

    [Fact]
    public void An_empty_report_is_none() =>
        Assert.Equal(SandboxErrorId.ReportFailed, Assert.Throws<SandboxException>(() => new IsolationReportBuilder().Build(SampleReport.Created)).ErrorId);

    private static XDocument JUnit(string xml)
    {
        var schemas = new XmlSchemaSet();
        schemas.Add(null, XmlReader.Create(new StringReader(JUnitSchema)));
        XDocument document = XDocument.Parse(xml);
        document.Validate(schemas, (_, error) => throw error.Exception);
        return document;
    }

    /// <summary>The lines of the file, of table rows no more than how many cells they have.</summary>
    private static string[] Skeleton(string words)
    {
        string text = SampleReport.Write(IsolationReportFormat.Markdown, words);
        Assert.DoesNotMatch(Raw(), text);
        return [.. text.Split('\n').Select(line => line.StartsWith('|') ? string.Concat(Enumerable.Repeat("|c", line.Count(c => c == '|') - 1)) + "|" : line)];
    }

    // What would be HTML, a link, code or emphasis: none of these is ever there without its escape, but for the bold of grades and verdicts.
    [GeneratedRegex(@"<|>|(?<!\\)[`\[\]!~]|(?<!\\)_|https?://|www\.|(?<!&#)@")]
    private static partial Regex Raw();
}
