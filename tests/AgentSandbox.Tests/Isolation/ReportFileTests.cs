using AgentSandbox.Isolation.Reports;

namespace AgentSandbox.Tests.Isolation;

public sealed class ReportFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("as-report-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData("a.html", IsolationReportFormat.Html)]
    [InlineData("a.HTM", IsolationReportFormat.Html)]
    [InlineData("a.json", IsolationReportFormat.Json)]
    [InlineData("a.b.md", IsolationReportFormat.Markdown)]
    [InlineData("/x.y/a.xml", IsolationReportFormat.JUnit)]
    public void The_name_tells_the_format(string path, IsolationReportFormat format) => Assert.Equal(format, IsolationReportFile.FormatOf(path));

    [Theory]
    [InlineData("a")]
    [InlineData("a.txt")]
    [InlineData(".")]
    [InlineData("x.html/a")]
    public void A_name_that_tells_none_is_an_error(string path) => Assert.Equal(SandboxErrorId.ReportFailed, Assert.Throws<SandboxException>(() => IsolationReportFile.FormatOf(path)).ErrorId);

    [Fact]
    public void A_file_is_replaced_only_when_that_is_said()
    {
        string path = Path.Combine(_folder, "r.html");
        IsolationReport report = SampleReport.Of("words");
        Assert.Equal(path, IsolationReportFile.Write(report, path, IsolationReportFormat.Html, replace: false));
        byte[] first = File.ReadAllBytes(path);
        Assert.Equal(SandboxErrorId.ReportExists, Assert.Throws<SandboxException>(() => IsolationReportFile.Write(report, path, IsolationReportFormat.Json, replace: false)).ErrorId);
        Assert.Equal(first, File.ReadAllBytes(path));
        IsolationReportFile.Write(report, path, IsolationReportFormat.Json, replace: true);
        Assert.Equal((byte)'{', File.ReadAllBytes(path)[0]);
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("none/r.html")]
    [InlineData("")]
    [InlineData("/proc/r.html")]
    public void A_place_where_nothing_can_be_is_an_error_and_nothing_is_left(string path)
    {
        SandboxException error = Assert.Throws<SandboxException>(() => IsolationReportFile.Write(SampleReport.Of("words"), Path.Combine(_folder, path), IsolationReportFormat.Html, replace: true));
        Assert.Equal(SandboxErrorId.ReportFailed, error.ErrorId);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void A_report_that_fails_half_way_leaves_nothing_and_replaces_nothing()
    {
        string path = Path.Combine(_folder, "r.html");
        File.WriteAllText(path, "old");
        Assert.Throws<ArgumentOutOfRangeException>(() => IsolationReportFile.Write(SampleReport.Of("words"), path, (IsolationReportFormat)9, replace: true));
        Assert.Equal([path], Directory.GetFileSystemEntries(_folder));
        Assert.Equal("old", File.ReadAllText(path));
    }
}
