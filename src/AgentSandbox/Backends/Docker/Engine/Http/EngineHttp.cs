using System.Net;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Http;

/// <summary>Ordinary calls over HTTP/1.1: no proxy, no cookies, no redirects. Connections are kept and used again.</summary>
internal sealed class EngineHttp : IDisposable
{
    private readonly HttpClient _client;
    private readonly EngineConnector _connector;

    /// <summary>Creates the client; it connects with the first call.</summary>
    /// <param name="connector">Makes the connections.</param>
    public EngineHttp(EngineConnector connector)
    {
        _connector = connector;
        SocketsHttpHandler handler = new()
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            // A stream that is disposed of early (a pull, an archive) is closed at once, not read to its end first.
            MaxResponseDrainSize = 64 * 1024,
            ResponseDrainTimeout = TimeSpan.FromMilliseconds(100),
            ConnectCallback = async (_, cancellationToken) => (await connector.ConnectAsync(cancellationToken)).Stream,
        };
        _client = new(handler, disposeHandler: true)
        {
            Timeout = Timeout.InfiniteTimeSpan, // Each call has its own bound.
            BaseAddress = new($"http://{HostHeader(connector)}/"),
        };
    }

    /// <summary>The value of <c>Host</c>: what the docker command line says for a local engine, the address for another.</summary>
    /// <param name="connector">Knows the address.</param>
    /// <returns>Host, and port where there is one.</returns>
    public static string HostHeader(EngineConnector connector) =>
        connector.Address is { Transport: Endpoint.EngineTransport.Tcp } tcp ? $"{(tcp.Host.Contains(':') ? $"[{tcp.Host}]" : tcp.Host)}:{tcp.Port}" : "docker";

    /// <summary>Sends a call and reads its answer.</summary>
    /// <typeparam name="T">What is made of the answer.</typeparam>
    /// <param name="call">The call.</param>
    /// <param name="prefix">What stands before its path.</param>
    /// <param name="read">Reads an answer of success (2xx, or 304 "not modified").</param>
    /// <param name="cancellationToken">Cancels; the connection is then closed.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="DockerEngineException">The engine answered with an error.</exception>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>: it did not answer.</exception>
    public async Task<T> SendAsync<T>(EngineCall call, string prefix, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = call.ToRequest(prefix);
        try
        {
            T? answer = default;
            await Bounded.RunAsync(
                async token =>
                {
                    using HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
                    await ThrowFaultAsync(response, token);
                    answer = await read(response, token);
                },
                call.Bound,
                cancellationToken);
            return answer!;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
        {
            throw Translate(e, call, request);
        }
    }

    /// <summary>Sends a call whose answer is a stream.</summary>
    /// <param name="call">The call.</param>
    /// <param name="prefix">What stands before its path.</param>
    /// <param name="cancellationToken">Cancels the call; not the stream.</param>
    /// <returns>The body; dispose it.</returns>
    /// <exception cref="DockerEngineException">The engine answered with an error.</exception>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>: it did not answer.</exception>
    public async Task<Stream> OpenAsync(EngineCall call, string prefix, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = call.ToRequest(prefix);
        HttpResponseMessage? response = null;
        try
        {
            await Bounded.RunAsync(
                async token =>
                {
                    response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
                    await ThrowFaultAsync(response, token);
                },
                call.Bound,
                cancellationToken);
            return new EngineBody(response!, await response!.Content.ReadAsStreamAsync(cancellationToken), _connector.Endpoint);
        }
        catch (Exception e)
        {
            response?.Dispose();
            if (e is HttpRequestException or IOException or TimeoutException)
            {
                throw Translate(e, call, request);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private Exception Translate(Exception error, EngineCall call, HttpRequestMessage request)
    {
        (request.Content as UploadContent)?.ThrowSourceFailure();
        for (Exception? inner = error.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is SandboxException notConnected)
            {
                return notConnected;
            }
        }

        return error switch
        {
            TimeoutException => EngineErrors.NoAnswer(_connector.Endpoint, call.ToString(), call.Bound),
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } => EngineErrors.Nonsense(error.Message),
            HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } => EngineErrors.Nonsense(error.Message),
            _ => EngineErrors.Broken(_connector.Endpoint, error),
        };
    }

    private static async Task ThrowFaultAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified)
        {
            return;
        }

        using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        ArraySegment<byte> body = await BoundedBody.ReadAsync(stream, EngineFault.MaxBody, cancellationToken);
        throw EngineFault.Of((int)response.StatusCode, response.ReasonPhrase, body);
    }
}
