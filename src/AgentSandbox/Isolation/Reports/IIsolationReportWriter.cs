namespace AgentSandbox.Isolation.Reports;

/// <summary>Writes a report in one format. Evidence is text of a hostile guest: no writer lets it be anything else in its format.</summary>
internal interface IIsolationReportWriter
{
    /// <summary>Writes it.</summary>
    /// <param name="report">The report.</param>
    /// <param name="output">Where to, UTF-8 without a byte order mark; stays open.</param>
    void Write(IsolationReport report, Stream output);
}
