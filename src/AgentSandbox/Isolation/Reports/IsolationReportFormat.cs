namespace AgentSandbox.Isolation.Reports;

/// <summary>How a report is written.</summary>
public enum IsolationReportFormat
{
    /// <summary>One HTML page that needs nothing else: no file, no network.</summary>
    Html = 0,

    /// <summary>JSON, as in schemas/isolation-report.schema.json of the module.</summary>
    Json = 1,

    /// <summary>Markdown with tables, as GitHub reads it.</summary>
    Markdown = 2,

    /// <summary>JUnit's XML, which CI servers read: a test suite for each subject, a test case for each probe.</summary>
    JUnit = 3,
}
