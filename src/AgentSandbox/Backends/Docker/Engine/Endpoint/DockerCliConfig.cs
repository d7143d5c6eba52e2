using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using AgentSandbox.Backends.Docker.Engine.Http;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Endpoint;

/// <summary>The docker command line's <c>config.json</c>, as far as it is used.</summary>
internal sealed record DockerCliConfig
{
    /// <summary>Name of the context in use.</summary>
    [JsonPropertyName("currentContext")]
    public string? CurrentContext { get; init; }

    /// <summary>Credentials by registry.</summary>
    [JsonPropertyName("auths")]
    public IReadOnlyDictionary<string, StoredAuth?>? Auths { get; init; }

    /// <summary>Credential helpers by registry.</summary>
    [JsonPropertyName("credHelpers")]
    public IReadOnlyDictionary<string, string?>? CredHelpers { get; init; }

    /// <summary>Credential helper of all other registries.</summary>
    [JsonPropertyName("credsStore")]
    public string? CredsStore { get; init; }

    /// <summary>Reads it.</summary>
    /// <param name="surroundings">Where.</param>
    /// <returns>The file's content; all empty when there is none.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>: it can't be read.</exception>
    public static DockerCliConfig Load(DockerCliSurroundings surroundings) =>
        surroundings.ConfigFolder is { } folder ? TryReadJson(surroundings, Path.Combine(folder, "config.json"), EngineJson.Default.DockerCliConfig) ?? new() : new();

    /// <summary>Reads a file of the docker command line.</summary>
    /// <typeparam name="T">What is in it.</typeparam>
    /// <param name="surroundings">Where.</param>
    /// <param name="path">Its path.</param>
    /// <param name="type">How it is read.</param>
    /// <returns>Its content; null when it does not exist.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>: it can't be read.</exception>
    public static T? TryReadJson<T>(DockerCliSurroundings surroundings, string path, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            byte[]? bytes = surroundings.ReadFile(path);
            return bytes is null ? null : JsonSerializer.Deserialize(bytes, type) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw EngineErrors.Unusable($"The docker command line's file {path} is damaged: {EngineText.OneLine(e.Message)}", "Repair it, or set DOCKER_HOST to name the engine.", path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw EngineErrors.Unusable($"The docker command line's file {path} can't be read: {EngineText.OneLine(e.Message)}", "Let this user read it, or point DOCKER_CONFIG to another folder.", path, e);
        }
    }
}

/// <summary>An element of <c>auths</c>.</summary>
internal sealed record StoredAuth
{
    /// <summary>Base64 of <c>user:password</c>.</summary>
    [JsonPropertyName("auth")]
    public string? Auth { get; init; }

    /// <summary>User, when not in <see cref="Auth"/>.</summary>
    [JsonPropertyName("username")]
    public string? UserName { get; init; }

    /// <summary>Password, when not in <see cref="Auth"/>.</summary>
    [JsonPropertyName("password")]
    public string? Password { get; init; }

    /// <summary>OAuth refresh token in place of a password.</summary>
    [JsonPropertyName("identitytoken")]
    public string? IdentityToken { get; init; }

    /// <summary>Bearer token in place of both.</summary>
    [JsonPropertyName("registrytoken")]
    public string? RegistryToken { get; init; }
}
