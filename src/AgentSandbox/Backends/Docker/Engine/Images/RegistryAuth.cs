using System.Text.Json;
using System.Text.Json.Serialization;
using AgentSandbox.Backends.Docker.Engine.Http;

namespace AgentSandbox.Backends.Docker.Engine.Images;

/// <summary>Credentials for one registry, as <c>X-Registry-Auth</c> has them.</summary>
internal sealed record RegistryAuth
{
    [JsonPropertyName("username")]
    public string? UserName { get; init; }

    [JsonPropertyName("password")]
    public string? Password { get; init; }

    [JsonPropertyName("identitytoken")]
    public string? IdentityToken { get; init; }

    [JsonPropertyName("registrytoken")]
    public string? RegistryToken { get; init; }

    [JsonPropertyName("serveraddress")]
    public required string ServerAddress { get; init; }

    /// <summary>Value of the header: base64url (RFC 4648, 5) of the JSON, padded as Go's URLEncoding is.</summary>
    /// <returns>The value.</returns>
    public string ToHeader() =>
        Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(this, EngineJson.Default.RegistryAuth)).Replace('+', '-').Replace('/', '_');

    /// <summary>Says whose, never what.</summary>
    /// <returns>The registry.</returns>
    public override string ToString() => $"credentials for {ServerAddress}";
}
