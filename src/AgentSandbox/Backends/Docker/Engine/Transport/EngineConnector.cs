using System.IO.Pipes;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using AgentSandbox.Backends.Docker.Engine.Endpoint;

namespace AgentSandbox.Backends.Docker.Engine.Transport;

/// <summary>Connects to an engine.</summary>
/// <param name="endpoint">Where it is.</param>
internal sealed class EngineConnector(DockerEndpoint endpoint)
{
    private static readonly TimeSpan s_connectBound = TimeSpan.FromSeconds(5);

    // A pipe that does not exist is waited for as one that is busy is; 2 seconds are enough for the latter.
    private static readonly TimeSpan s_pipeBound = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_handshakeBound = TimeSpan.FromSeconds(10);

    /// <summary>Where the engine is.</summary>
    public DockerEndpoint Endpoint { get; } = endpoint;

    /// <summary>The endpoint's address, taken apart.</summary>
    public EngineAddress Address { get; } = EngineAddress.Parse(endpoint.Address, endpoint.Source);

    /// <summary>Makes a connection.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The connection; dispose it.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>, with what to do about the cause.</exception>
    public async Task<EngineConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return Address.Transport switch
            {
                EngineTransport.Unix => await ConnectUnixAsync(cancellationToken),
                EngineTransport.NamedPipe => await ConnectPipeAsync(cancellationToken),
                _ => await ConnectTcpAsync(cancellationToken),
            };
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or TimeoutException or AuthenticationException or CryptographicException)
        {
            throw EngineErrors.NotConnected(Endpoint, e);
        }
    }

    private async Task<EngineConnection> ConnectUnixAsync(CancellationToken cancellationToken)
    {
        UnixDomainSocketEndPoint where;
        try
        {
            where = new(Address.Path);
        }
        catch (ArgumentException e)
        {
            throw EngineErrors.Unusable($"The path of the engine's socket is too long: {EngineText.OneLine(Address.Path)}", "Use a path of less than 108 bytes (unix(7)).", Endpoint.Address, e);
        }

        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        return await ConnectAsync(socket, token => socket.ConnectAsync(where, token), cancellationToken);
    }

    private async Task<EngineConnection> ConnectTcpAsync(CancellationToken cancellationToken)
    {
        // Read before connecting: files that can't be read are the same with and without an engine.
        SslClientAuthenticationOptions? options = Endpoint.Tls is { } tls ? EngineTls.Options(tls, Address.Host) : null;
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        // Streams of a container may be silent for hours; a peer that is gone is to be noticed all the same.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 30);
        EngineConnection plain = await ConnectAsync(socket, token => socket.ConnectAsync(Address.Host, Address.Port, token), cancellationToken);
        if (options is null)
        {
            return plain;
        }

        SslStream stream = new(plain.Stream);
        try
        {
            await Bounded.RunAsync(token => new ValueTask(stream.AuthenticateAsClientAsync(options, token)), s_handshakeBound, cancellationToken);
            return new(stream, socket);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private async Task<EngineConnection> ConnectPipeAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsWindows())
        {
            throw EngineErrors.Unusable($"The engine address {EngineText.OneLine(Endpoint.Address)} is a Windows named pipe.", "Use unix:///path or tcp://host:port here.", Endpoint.Address);
        }

        NamedPipeClientStream pipe = new(".", Address.Path, PipeDirection.InOut, PipeOptions.Asynchronous);
        try
        {
            await pipe.ConnectAsync((int)s_pipeBound.TotalMilliseconds, cancellationToken);
            return new(pipe, null);
        }
        catch
        {
            await pipe.DisposeAsync();
            throw;
        }
    }

    private static async Task<EngineConnection> ConnectAsync(Socket socket, Func<CancellationToken, ValueTask> connect, CancellationToken cancellationToken)
    {
        try
        {
            await Bounded.RunAsync(connect, s_connectBound, cancellationToken);
            return new(new NetworkStream(socket, ownsSocket: true), socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
