using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using AgentSandbox.Backends.Docker.Engine;

namespace AgentSandbox.Tests.Docker.StandIn;

/// <summary>
/// An engine that says what a test tells it to: HTTP/1.1 over a Unix socket or TCP, with TLS or without, that can hand a connection over after 101.
/// Give it routes with <c>On</c>; the last one that fits is taken. It answers <c>/_ping</c> by itself.
/// </summary>
internal sealed class StandInEngine : IAsyncDisposable
{
    private readonly List<(string Method, string Path, Func<StandInRequest, StandInConnection, Task> Handler)> _routes = [];
    private readonly ConcurrentBag<Socket> _connections = [];
    private readonly CancellationTokenSource _end = new();
    private readonly Socket _listener;
    private readonly X509Certificate2? _certificate;
    private readonly string? _folder;

    private StandInEngine(Socket listener, string address, X509Certificate2? certificate, DockerTls? tls, string? folder)
    {
        (_listener, _certificate, _folder) = (listener, certificate, folder);
        Endpoint = new(address, tls, "the test", IsDefault: false);
        On("GET", "/_ping", (_, connection) => connection.AnswerAsync(200, "OK", "text/plain", ("Api-Version", Api), ("Ostype", OSType)));
        _listener.Listen(64);
        _ = Task.Run(AcceptAsync);
    }

    /// <summary>Where it is.</summary>
    public DockerEndpoint Endpoint { get; }

    /// <summary>Version that it says it speaks.</summary>
    public string Api { get; set; } = "1.43";

    /// <summary>What it says its containers are.</summary>
    public string OSType { get; set; } = "linux";

    /// <summary>Subjects of the certificates that clients have shown.</summary>
    public ConcurrentQueue<string> ClientCertificates { get; } = [];

    /// <summary>All calls so far.</summary>
    public ConcurrentQueue<StandInRequest> Requests { get; } = [];

    /// <summary>What went wrong in routes; empty when all is well. A client that has gone is no error.</summary>
    public ConcurrentQueue<Exception> Failures { get; } = [];

    /// <summary>One on a Unix socket.</summary>
    /// <param name="path">Its path; null for one in a folder of its own, which goes with it.</param>
    public static StandInEngine OnUnixSocket(string? path = null)
    {
        string? folder = path is null ? Directory.CreateTempSubdirectory("standin-").FullName : null;
        path ??= Path.Combine(folder!, "docker.sock");
        Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        return new(listener, $"unix://{path}", null, null, folder);
    }

    /// <summary>One on a free port of this machine.</summary>
    /// <param name="certificate">Its certificate; null for plain text.</param>
    /// <param name="tls">The set-up that its clients have.</param>
    public static StandInEngine OnTcp(X509Certificate2? certificate = null, DockerTls? tls = null)
    {
        Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return new(listener, $"tcp://localhost:{((IPEndPoint)listener.LocalEndPoint!).Port}", certificate, tls, null);
    }

    /// <summary>Adds a route.</summary>
    /// <param name="method">Method.</param>
    /// <param name="path">Path without version and query; <c>*</c> stands for one segment.</param>
    /// <param name="handler">Answers.</param>
    /// <returns>This.</returns>
    public StandInEngine On(string method, string path, Func<StandInRequest, StandInConnection, Task> handler)
    {
        lock (_routes)
        {
            _routes.Insert(0, (method, path, handler));
        }

        return this;
    }

    /// <summary>Adds a route with a fixed answer of JSON.</summary>
    public StandInEngine On(string method, string path, string json, int status = 200) => On(method, path, (_, connection) => connection.AnswerAsync(status, json));

    /// <summary>Closes every connection, as a killed engine does; new ones are taken.</summary>
    public void DropConnections()
    {
        while (_connections.TryTake(out Socket? socket))
        {
            socket.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        DropConnections();
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                Socket socket = await _listener.AcceptAsync(_end.Token);
                _connections.Add(socket);
                _ = Task.Run(() => ServeAsync(socket));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return; // Disposed of.
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            using var network = new NetworkStream(socket, ownsSocket: true);
            Stream stream = network;
            if (_certificate is not null)
            {
                SslStream tls = new(network);
                await tls.AuthenticateAsServerAsync(ServerOptions(_certificate), _end.Token);
                stream = tls;
            }

            using BufferedStream buffered = new(stream, 16 * 1024);
            RequestReader reader = new(buffered, stream);
            while (await reader.ReadAsync(_end.Token) is { } request)
            {
                Requests.Enqueue(request);
                StandInConnection connection = new(stream, reader, socket, _end.Token);
                await Find(request)(request, connection);
                if (!connection.IsReusable)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The client has gone, the stand-in ends, or the client does not trust it.
        }
        catch (Exception e)
        {
            Failures.Enqueue(e);
        }
    }

    // Any certificate of a client's is taken, and none as well: who it was is for the test to see.
    private SslServerAuthenticationOptions ServerOptions(X509Certificate2 certificate) => new()
    {
        ServerCertificate = certificate,
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = (_, shown, _, _) =>
        {
            ClientCertificates.Enqueue(shown?.Subject ?? "");
            return !_end.IsCancellationRequested;
        },
    };

    private Func<StandInRequest, StandInConnection, Task> Find(StandInRequest request)
    {
        lock (_routes)
        {
            var route = _routes.FirstOrDefault(r => r.Method == request.Method && Fits(r.Path, request.Path));
            return route.Handler ?? ((_, connection) => connection.FailAsync(404, "page not found"));
        }
    }

    private static bool Fits(string pattern, string path)
    {
        string[] wanted = pattern.Split('/'), given = path.Split('/');
        return wanted.Length == given.Length && wanted.Zip(given).All(pair => pair.First == "*" || pair.First == pair.Second);
    }
}
