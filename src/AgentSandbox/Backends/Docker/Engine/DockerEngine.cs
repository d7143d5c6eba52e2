using AgentSandbox.Backends.Docker.Engine.Endpoint;
using AgentSandbox.Backends.Docker.Engine.Hijack;
using AgentSandbox.Backends.Docker.Engine.Http;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine;

/// <summary>The client of a Docker Engine. It connects when it is asked for something, and again when the engine was restarted in between.</summary>
internal sealed partial class DockerEngine : IDockerEngine
{
    private static readonly TimeSpan s_pingBound = TimeSpan.FromSeconds(15);
    private readonly DockerCliSurroundings _cli;
    private readonly EngineConnector _connector;
    private readonly EngineHttp _http;
    private readonly Hijacker _hijacker;
    private EnginePing? _ping;

    /// <summary>Creates the client.</summary>
    /// <param name="endpoint">Where the engine is.</param>
    /// <param name="cli">Where the credentials for pulls are.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>: the address is none.</exception>
    public DockerEngine(DockerEndpoint endpoint, DockerCliSurroundings cli)
    {
        _cli = cli;
        _connector = new(endpoint);
        _http = new(_connector);
        _hijacker = new(_connector);
    }

    /// <inheritdoc/>
    public DockerEndpoint Endpoint => _connector.Endpoint;

    /// <inheritdoc/>
    public async Task<EnginePing> PingAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _ping) is { } known)
        {
            return known;
        }

        EngineCall call = EngineCall.Get("/_ping") with { Bound = s_pingBound };
        try
        {
            EnginePing ping = await _http.SendAsync(call, _connector.Address.PathPrefix, (response, _) => Task.FromResult(ReadPing(response)), cancellationToken);
            Volatile.Write(ref _ping, ping);
            return ping;
        }
        catch (DockerEngineException e) when (e.StatusCode == 400 && e.Message.Contains("HTTPS server", StringComparison.Ordinal))
        {
            throw EngineErrors.Unusable(
                $"The container engine at {EngineText.OneLine(Endpoint.Address)} wants TLS.",
                "Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH, or use a docker context with its certificates.", Endpoint.Address, e);
        }
    }

    /// <inheritdoc/>
    public Task<EngineInfo> GetInfoAsync(CancellationToken cancellationToken) => ReadAsync(EngineCall.Get("/info"), EngineJson.Default.EngineInfo, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private EnginePing ReadPing(HttpResponseMessage response)
    {
        string? Header(string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.First() : null;
        // Podman does not say what its containers are; there is only one kind.
        bool isPodman = Header("Libpod-Api-Version") is not null;
        string? kind = Header("Ostype") is { Length: > 0 } said ? said : isPodman ? "linux" : null;
        if (ApiVersion.Negotiate(Header("Api-Version")) is not { } version || kind is not { } osType)
        {
            throw EngineErrors.Unusable(
                $"What answers at {EngineText.OneLine(Endpoint.Address)} is no Docker engine.", $"Correct {EngineText.OneLine(Endpoint.Source)}.", Endpoint.Address);
        }

        return version >= ApiVersion.Oldest
            ? new(version, EngineText.OneLine(osType).ToLowerInvariant(), isPodman)
            : throw new SandboxException(
                SandboxErrorId.BackendNotAvailable,
                $"The container engine at {EngineText.OneLine(Endpoint.Address)} is too old: it speaks API {version}, and {ApiVersion.Oldest} is needed.",
                "Update it to Docker 19.03 or later.", Endpoint.Address);
    }

    private Task<T> ReadAsync<T>(EngineCall call, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        VersionedAsync(call, prefix => _http.SendAsync(call, prefix, (response, token) => BoundedBody.ReadJsonAsync(response, type, token), cancellationToken), cancellationToken);

    // For calls where "there is none" is an answer and no error.
    private async Task<T?> TryReadAsync<T>(EngineCall call, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return await ReadAsync(call, type, cancellationToken);
        }
        catch (DockerEngineException e) when (e.StatusCode == 404)
        {
            return null;
        }
    }

    private Task<bool> RunAsync(EngineCall call, CancellationToken cancellationToken) =>
        VersionedAsync(call, prefix => _http.SendAsync(call, prefix, (_, _) => Task.FromResult(true), cancellationToken), cancellationToken);

    private Task<MultiplexedStream> HijackAsync(EngineCall call, CancellationToken cancellationToken) =>
        VersionedAsync(call, prefix => _hijacker.OpenAsync(call, prefix, cancellationToken), cancellationToken);

    // Every call goes through here: it has the settled version before its path, and forgets it when the engine may be another one the next time.
    private async Task<T> VersionedAsync<T>(EngineCall call, Func<string, Task<T>> send, CancellationToken cancellationToken)
    {
        if (call.Upload is not null)
        {
            // What is read from a stream can't be sent again, should the engine turn out to be another.
            Volatile.Write(ref _ping, null);
        }

        EnginePing ping = await PingAsync(cancellationToken);
        try
        {
            return await send(Prefix(ping));
        }
        catch (DockerEngineException e) when (e.StatusCode == 400 && e.Message.StartsWith("client version ", StringComparison.Ordinal) && call.Upload is null)
        {
            // "client version 1.47 is too new": the engine was replaced since it was asked. It did nothing with the call.
            Forget(ping);
            return await send(Prefix(await PingAsync(cancellationToken)));
        }
        catch (SandboxException e) when (e.ErrorId == SandboxErrorId.EngineUnreachable)
        {
            Forget(ping);
            throw;
        }
    }

    private void Forget(EnginePing ping) => Interlocked.CompareExchange(ref _ping, null, ping);

    private string Prefix(EnginePing ping) => $"{_connector.Address.PathPrefix}/v{ping.ApiVersion}";
}
