using System.Net;
using System.Net.Sockets;
using System.Text;

namespace AgentSandbox.Isolation.Canaries;

/// <summary>Says its secret to everyone who connects, and nothing else.</summary>
internal sealed class CanaryListener : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private readonly Socket _socket;
    private readonly EndPoint _address;
    private readonly CancellationTokenSource _stop = new();

    private CanaryListener(Socket socket, EndPoint address, string secret)
    {
        _socket = socket;
        _address = address;
        Secret = secret;
    }

    /// <summary>What it says.</summary>
    public string Secret { get; }

    /// <summary>Its TCP port.</summary>
    public int Port => ((IPEndPoint)_address).Port;

    /// <summary>Its IP address.</summary>
    public IPAddress Address => ((IPEndPoint)_address).Address;

    /// <summary>Listens on a free port of 127.0.0.1.</summary>
    /// <param name="secret">What it says.</param>
    /// <returns>The listener.</returns>
    public static CanaryListener OnLoopback(string secret) => OnAddress(IPAddress.Loopback, secret);

    /// <summary>Listens on a free port of one address of this machine.</summary>
    /// <param name="address">The address.</param>
    /// <param name="secret">What it says.</param>
    /// <returns>The listener.</returns>
    /// <exception cref="SocketException">The address can't be listened on.</exception>
    public static CanaryListener OnAddress(IPAddress address, string secret) =>
        Start(new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp), new IPEndPoint(address, 0), secret);

    /// <summary>Listens on an abstract Unix socket, unix(7), which no file's permissions guard.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="secret">What it says.</param>
    /// <returns>The listener.</returns>
    public static CanaryListener OnAbstractName(string name, string secret) =>
        Start(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint('\0' + name), secret);

    /// <summary>Checks that it answers.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when it has.</returns>
    /// <exception cref="ProbeFailedException">It does not.</exception>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        using var socket = new Socket(_address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        try
        {
            await socket.ConnectAsync(_address, deadline.Token);
            using var stream = new NetworkStream(socket);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            if ((await reader.ReadToEndAsync(deadline.Token)).Trim() == Secret)
            {
                return;
            }
        }
        catch (Exception error) when (error is SocketException or IOException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new ProbeFailedException($"The canary listener {_address} does not answer: {error.Message}", error);
        }

        throw new ProbeFailedException($"The canary listener {_address} answers with something else than its secret.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _socket.Dispose();
        _stop.Dispose();
    }

    private static CanaryListener Start(Socket socket, EndPoint address, string secret)
    {
        try
        {
            socket.Bind(address);
            socket.Listen(16);
            var listener = new CanaryListener(socket, address is IPEndPoint ? socket.LocalEndPoint! : address, secret);
            _ = listener.ServeAsync(listener._stop.Token);
            return listener;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task ServeAsync(CancellationToken stop)
    {
        byte[] secret = Encoding.ASCII.GetBytes(Secret + "\n");
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using Socket client = await _socket.AcceptAsync(stop);

                // Fits every socket buffer, so a client that does not read holds up nobody.
                await client.SendAsync(secret, SocketFlags.None, stop);
                client.Shutdown(SocketShutdown.Both);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // That client went away; VerifyAsync tells when the listener itself is broken. The pause keeps a broken one from spinning.
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }
}
