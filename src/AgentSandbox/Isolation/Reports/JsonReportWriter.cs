using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentSandbox.Isolation.Reports;

/// <summary>Writes JSON. The encoder escapes everything but plain ASCII, and what HTML gives a meaning, so that the text can go anywhere.</summary>
internal sealed class JsonReportWriter : IIsolationReportWriter
{
    /// <inheritdoc/>
    public void Write(IsolationReport report, Stream output) => JsonSerializer.Serialize(output, Describe(report), ReportFileJson.Default.ReportDocument);

    private static ReportDocument Describe(IsolationReport report) => new()
    {
        Version = 1,
        Created = report.Created,
        Product = report.Product,
        System = report.System,
        Subjects =
        [
            .. report.Subjects.Select(subject => new ReportSubject
            {
                Name = subject.Name,
                StartTime = subject.StartTime,
                Memory = subject.Memory,
                Summary = subject.Summary,
                Results = subject.Summary.Results,
            }),
        ],
    };

    /// <summary>The whole file.</summary>
    internal sealed record ReportDocument
    {
        /// <summary>Grows when a reader of the file would have to change.</summary>
        public required int Version { get; init; }

        /// <summary>When it was made.</summary>
        public required DateTimeOffset Created { get; init; }

        /// <summary>What made it.</summary>
        public required string Product { get; init; }

        /// <summary>Where.</summary>
        public required string System { get; init; }

        /// <summary>What was tested.</summary>
        public required IReadOnlyList<ReportSubject> Subjects { get; init; }
    }

    /// <summary>One subject.</summary>
    internal sealed record ReportSubject
    {
        /// <summary>Its name in this report.</summary>
        public required string Name { get; init; }

        /// <summary>How long a sandbox takes to be ready; null when that was not measured.</summary>
        public required TimeSpan? StartTime { get; init; }

        /// <summary>Bytes of memory of an idle sandbox; null when that was not measured.</summary>
        public required long? Memory { get; init; }

        /// <summary>The grade and what stands beside it.</summary>
        public required IsolationSummary Summary { get; init; }

        /// <summary>The verdicts.</summary>
        public required IReadOnlyList<IsolationResult> Results { get; init; }
    }
}

/// <summary>Source-generated JSON of report files.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(JsonReportWriter.ReportDocument))]
internal sealed partial class ReportFileJson : JsonSerializerContext;
