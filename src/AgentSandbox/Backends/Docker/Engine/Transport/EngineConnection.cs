using System.IO.Pipes;
using System.Net.Security;
using System.Net.Sockets;

namespace AgentSandbox.Backends.Docker.Engine.Transport;

/// <summary>A raw connection to an engine, one direction of which can be ended.</summary>
/// <param name="stream">What is read and written: a socket, TLS over one, or a pipe.</param>
/// <param name="socket">The socket at the bottom; null for a pipe.</param>
internal sealed class EngineConnection(Stream stream, Socket? socket) : IAsyncDisposable, IDisposable
{
    /// <summary>Both directions.</summary>
    public Stream Stream { get; } = stream;

    /// <summary>Tells the engine that nothing more will be written; reading goes on.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when that is sent.</returns>
    public async ValueTask CloseWriteAsync(CancellationToken cancellationToken)
    {
        switch (Stream)
        {
            case SslStream tls:
                // close_notify (RFC 8446, 6.1) ends one direction only; the socket below stays open for it, as Go's tls.Conn.CloseWrite does.
                await tls.ShutdownAsync().WaitAsync(cancellationToken);
                break;
            case NamedPipeClientStream pipe when OperatingSystem.IsWindows():
                await Task.Factory.StartNew(NamedPipeEnd.WriteNothing, pipe.SafePipeHandle, cancellationToken, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
                break;
            default:
                socket!.Shutdown(SocketShutdown.Send);
                break;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stream.Dispose();
        socket?.Dispose();
    }
}
