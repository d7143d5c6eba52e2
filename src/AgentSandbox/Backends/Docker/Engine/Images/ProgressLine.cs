using System.Text.Json.Serialization;

namespace AgentSandbox.Backends.Docker.Engine.Images;

/// <summary>A line of a pull's or an import's answer (moby's pkg/jsonmessage), as far as it is used.</summary>
internal sealed record ProgressLine
{
    /// <summary>What happens, such as <c>Downloading</c>; of an import at its end the image's id.</summary>
    [JsonPropertyName("status")]
    public string? Status { get; init; }

    /// <summary>The layer that it is about, or the tag.</summary>
    [JsonPropertyName("id")]
    public string? Id { get; init; }

    /// <summary>How far that is.</summary>
    [JsonPropertyName("progressDetail")]
    public ProgressDetail? Detail { get; init; }

    /// <summary>What went wrong, on engines of old.</summary>
    [JsonPropertyName("error")]
    public string? Error { get; init; }

    /// <summary>What went wrong.</summary>
    [JsonPropertyName("errorDetail")]
    public ProgressError? ErrorDetail { get; init; }

    /// <summary>What went wrong; null when nothing did.</summary>
    [JsonIgnore]
    public string? Failure => ErrorDetail is null && Error is null ? null : ErrorDetail?.Message is { Length: > 0 } message ? message : Error ?? "it does not say what";
}

/// <summary><c>progressDetail</c>: bytes.</summary>
internal sealed record ProgressDetail
{
    [JsonPropertyName("current")]
    public long? Current { get; init; }

    [JsonPropertyName("total")]
    public long? Total { get; init; }
}

/// <summary><c>errorDetail</c>.</summary>
internal sealed record ProgressError
{
    [JsonPropertyName("message")]
    public string? Message { get; init; }
}
