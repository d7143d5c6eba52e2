using System.Security.Cryptography;
using System.Text;
using AgentSandbox.Backends.Docker.Engine.Http;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Endpoint;

/// <summary>A context's <c>meta.json</c>, as far as it is used.</summary>
internal sealed record ContextMetadata
{
    public IReadOnlyDictionary<string, ContextEndpoint?>? Endpoints { get; init; }
}

/// <summary>Its <c>Endpoints.docker</c>.</summary>
internal sealed record ContextEndpoint
{
    public string? Host { get; init; }
    public bool SkipTLSVerify { get; init; }
}

/// <summary>Finds the endpoint of a docker context (docker/cli, cli/context/store).</summary>
internal static class DockerContext
{
    /// <summary>Finds it.</summary>
    /// <param name="name">The context's name; not <c>default</c>.</param>
    /// <param name="namedBy">What names it, for messages.</param>
    /// <param name="surroundings">Where the contexts are.</param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>: there is none, or it can't be used.</exception>
    public static DockerEndpoint Resolve(string name, string namedBy, DockerCliSurroundings surroundings)
    {
        string source = $"context '{EngineText.OneLine(name)}'";
        string folder = surroundings.ConfigFolder ?? throw Unknown(source, namedBy);
        string id = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name))).ToLowerInvariant();
        string path = Path.Combine(folder, "contexts", "meta", id, "meta.json");
        ContextMetadata metadata = DockerCliConfig.TryReadJson(surroundings, path, EngineJson.Default.ContextMetadata) ?? throw Unknown(source, namedBy);
        if (metadata.Endpoints?.GetValueOrDefault("docker") is not { } docker)
        {
            throw EngineErrors.Unusable($"The docker {source} ({namedBy}) has no docker endpoint.", "Choose another with DOCKER_CONTEXT or 'docker context use'.", source);
        }

        string host = docker.Host is { Length: > 0 } given ? given : DockerEndpointResolver.DefaultHost(surroundings);
        EngineAddress address = EngineAddress.Parse(host, source);
        return new(address.ToString(), address.Transport == EngineTransport.Tcp ? Tls(folder, id, docker.SkipTLSVerify, surroundings) : null, source, IsDefault: false);
    }

    private static DockerTls? Tls(string folder, string id, bool skipVerify, DockerCliSurroundings surroundings)
    {
        string? File(string name)
        {
            string path = Path.Combine(folder, "contexts", "tls", id, "docker", name);
            return DockerEndpointResolver.Exists(surroundings, path) ? path : null;
        }

        DockerTls tls = new(File("ca.pem"), File("cert.pem"), File("key.pem"), skipVerify);
        return tls is { CaFile: null, CertificateFile: null, KeyFile: null, SkipVerify: false } ? null : tls;
    }

    private static SandboxException Unknown(string source, string namedBy) => EngineErrors.Unusable(
        $"There is no docker {source}, which {namedBy} names.", "'docker context ls' lists them; correct the name, or set DOCKER_HOST.", source);
}
