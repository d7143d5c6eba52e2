using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AgentSandbox.Isolation;

namespace AgentSandbox.Host.CommandLine.Output;

/// <summary>JSON of everything that is reported: the library's own objects with their own property names, enumerations by name.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Sandbox))]
[JsonSerializable(typeof(IReadOnlyList<Sandbox>))]
[JsonSerializable(typeof(IReadOnlyList<RemovedSandbox>))]
[JsonSerializable(typeof(SandboxCheckpoint))]
[JsonSerializable(typeof(IReadOnlyList<SandboxCheckpoint>))]
[JsonSerializable(typeof(SandboxImage))]
[JsonSerializable(typeof(IReadOnlyList<SandboxImage>))]
[JsonSerializable(typeof(IReadOnlyList<BackendInfo>))]
[JsonSerializable(typeof(IReadOnlyList<IsolationResult>))]
[JsonSerializable(typeof(IReadOnlyList<IsolationSummary>))]
[JsonSerializable(typeof(CommandResult))]
[JsonSerializable(typeof(CopyResult))]
[JsonSerializable(typeof(Backends.BackendSetupStep))]
[JsonSerializable(typeof(Backends.BackendSetupResult))]
[JsonSerializable(typeof(ErrorObject))]
internal sealed partial class ReportJson : JsonSerializerContext
{
    private static ReportJson? s_readable;

    /// <summary>The context to use: other letters than English ones stay readable; control characters are escaped all the same.</summary>
    public static ReportJson Readable => s_readable ??= new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

/// <summary>A sandbox that is no more.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its id.</param>
internal sealed record RemovedSandbox(string Name, string Id);

/// <summary>An error as JSON.</summary>
internal sealed record ErrorObject
{
    /// <summary>Stable id, see docs/errors.md.</summary>
    public required string ErrorId { get; init; }

    /// <summary>What happened.</summary>
    public required string Message { get; init; }

    /// <summary>What to do.</summary>
    public required string RecommendedAction { get; init; }

    /// <summary>What it happened to.</summary>
    public string? Target { get; init; }

    /// <summary>Every problem, when several were found at once.</summary>
    public IReadOnlyList<SpecificationProblem> Problems { get; init; } = [];
}
