namespace AgentSandbox.Isolation.Reports;

/// <summary>Writes reports to files.</summary>
public static class IsolationReportFile
{
    /// <summary>Tells the format that a file's name asks for.</summary>
    /// <param name="path">Path of the file.</param>
    /// <returns>The format.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ReportFailed"/>: the ending is none of those that are known.</exception>
    public static IsolationReportFormat FormatOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".HTML" or ".HTM" => IsolationReportFormat.Html,
            ".JSON" => IsolationReportFormat.Json,
            ".MD" or ".MARKDOWN" => IsolationReportFormat.Markdown,
            ".XML" => IsolationReportFormat.JUnit,
            _ => throw new SandboxException(SandboxErrorId.ReportFailed, $"The name '{path}' tells no format.", "Let it end in .html, .json, .md or .xml (JUnit), or say -Format.", path),
        };
    }

    /// <summary>Throws when a report could not be written there for a reason that can be seen before; who is about to measure for seconds asks first.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="replace">A file that exists may be replaced.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ReportExists"/> or <see cref="SandboxErrorId.ReportFailed"/>.</exception>
    public static void Check(string path, bool replace)
    {
        string full = Path.GetFullPath(path);
        if (Directory.Exists(full) || !Directory.Exists(Path.GetDirectoryName(full)))
        {
            throw Failed(full, Directory.Exists(full) ? "it is a folder." : "its folder does not exist.", null);
        }

        if (!replace && Path.Exists(full))
        {
            throw new SandboxException(SandboxErrorId.ReportExists, $"The file '{full}' exists.", "Choose another name, or replace it with -Force.", full);
        }
    }

    /// <summary>Writes a report; a file is there whole or not at all.</summary>
    /// <param name="report">The report.</param>
    /// <param name="path">Path of the file.</param>
    /// <param name="format">The format.</param>
    /// <param name="replace">A file that exists is replaced.</param>
    /// <returns>Absolute path of the file.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ReportExists"/> or <see cref="SandboxErrorId.ReportFailed"/>.</exception>
    public static string Write(IsolationReport report, string path, IsolationReportFormat format, bool replace)
    {
        Check(path, replace);
        string full = Path.GetFullPath(path);
        string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (FileStream file = new(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                Writer(format).Write(report, file);
            }

            File.Move(temporary, full, replace);
            return full;
        }
        catch (Exception error)
        {
            File.Delete(temporary);
            if (error is IOException or UnauthorizedAccessException)
            {
                throw Failed(full, error.Message, error);
            }

            throw;
        }
    }

    internal static IIsolationReportWriter Writer(IsolationReportFormat format) => format switch
    {
        IsolationReportFormat.Html => new HtmlReportWriter(),
        IsolationReportFormat.Json => new JsonReportWriter(),
        IsolationReportFormat.Markdown => new MarkdownReportWriter(),
        IsolationReportFormat.JUnit => new JUnitReportWriter(),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    private static SandboxException Failed(string path, string reason, Exception? inner) =>
        new(SandboxErrorId.ReportFailed, $"The report can't be written to '{path}': {reason}", "Check the path and its permissions.", path, inner);
}
