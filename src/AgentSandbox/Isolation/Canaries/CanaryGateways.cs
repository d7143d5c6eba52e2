using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace AgentSandbox.Isolation.Canaries;

/// <summary>A listener on each address of this machine that is no loopback address, a bridge's to which sandboxes are plugged among them. All say the same secret.</summary>
internal sealed class CanaryGateways : IDisposable
{
    /// <summary>More addresses than this are not listened on: a machine with very many bridges.</summary>
    private const int MostAddresses = 32;

    private readonly List<CanaryListener> _listeners;

    private CanaryGateways(string secret, List<CanaryListener> listeners)
    {
        Secret = secret;
        _listeners = listeners;
    }

    /// <summary>What they say.</summary>
    public string Secret { get; }

    /// <summary>Addresses and ports of those that listen; empty on a machine that has no such address.</summary>
    public IReadOnlyList<(IPAddress Address, int Port)> Ends => [.. _listeners.Select(listener => (listener.Address, listener.Port))];

    /// <summary>Plants.</summary>
    /// <returns>The listeners.</returns>
    /// <exception cref="ProbeFailedException">The addresses can't be listed or listened on.</exception>
    public static CanaryGateways Plant()
    {
        var gateways = new CanaryGateways(HostCanaries.NewSecret(), []);
        try
        {
            foreach (IPAddress address in Addresses().Take(MostAddresses))
            {
                try
                {
                    gateways._listeners.Add(CanaryListener.OnAddress(address, gateways.Secret));
                }
                catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressNotAvailable)
                {
                    // The kernel does not serve it (yet): an IPv6 address that is still being checked for doubles. So it answers nobody.
                }
            }

            return gateways;
        }
        catch (Exception error) when (error is SocketException or NetworkInformationException)
        {
            gateways.Dispose();
            throw new ProbeFailedException($"This machine's own addresses can't be listened on: {error.Message}", error);
        }
    }

    /// <summary>Checks that all answer.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when they have.</returns>
    /// <exception cref="ProbeFailedException">One does not.</exception>
    public Task VerifyAsync(CancellationToken cancellationToken) => Task.WhenAll(_listeners.Select(listener => listener.VerifyAsync(cancellationToken)));

    /// <inheritdoc/>
    public void Dispose() => _listeners.ForEach(listener => listener.Dispose());

    /// <summary>Also of interfaces that are down: a bridge is until the first sandbox is plugged in. Not link-local ones of IPv6, which each are another one per interface.</summary>
    private static IEnumerable<IPAddress> Addresses() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(card => card.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(card => card.GetIPProperties().UnicastAddresses)
        .Select(unicast => unicast.Address)
        .Where(address => !IPAddress.IsLoopback(address) && !address.IsIPv6LinkLocal)
        .Distinct()
        .OrderBy(address => address.AddressFamily);
}
