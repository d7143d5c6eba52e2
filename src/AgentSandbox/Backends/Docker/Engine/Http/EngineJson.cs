using System.Text.Json.Serialization;
using AgentSandbox.Backends.Docker.Engine.Endpoint;
using AgentSandbox.Backends.Docker.Engine.Images;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Engine.Http;

/// <summary>Source-generated JSON of the Docker Engine API and of the docker command line's files: names as they are, null left out.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EngineInfo))]
[JsonSerializable(typeof(ImageInspect))]
[JsonSerializable(typeof(List<ImageSummary>))]
[JsonSerializable(typeof(ContainerCreate))]
[JsonSerializable(typeof(ContainerCreated))]
[JsonSerializable(typeof(ContainerInspect))]
[JsonSerializable(typeof(List<ContainerSummary>))]
[JsonSerializable(typeof(ExecCreate))]
[JsonSerializable(typeof(ExecCreated))]
[JsonSerializable(typeof(ExecStart))]
[JsonSerializable(typeof(ExecInspect))]
[JsonSerializable(typeof(StatsAnswer))]
[JsonSerializable(typeof(ErrorAnswer))]
[JsonSerializable(typeof(ProgressLine))]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<string>>))]
[JsonSerializable(typeof(DockerCliConfig))]
[JsonSerializable(typeof(ContextMetadata))]
[JsonSerializable(typeof(RegistryAuth))]
[JsonSerializable(typeof(HelperAnswer))]
internal sealed partial class EngineJson : JsonSerializerContext;

/// <summary>Body of every error.</summary>
internal sealed record ErrorAnswer
{
    [JsonPropertyName("message")]
    public string? Message { get; init; }
}

/// <summary>Answer of <c>POST /containers/{id}/exec</c>.</summary>
internal sealed record ExecCreated
{
    public required string Id { get; init; }
}

/// <summary>Body of <c>POST /exec/{id}/start</c>: attached, without a terminal.</summary>
internal sealed record ExecStart
{
    public bool Detach { get; init; }
    public bool Tty { get; init; }
}
