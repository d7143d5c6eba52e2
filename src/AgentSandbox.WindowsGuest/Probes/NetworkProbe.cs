using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace AgentSandbox.WindowsGuest.Probes;

/// <summary>Whether there is an adapter that leads out, or a route to other machines. Connecting a datagram socket asks the routing table and sends nothing.</summary>
internal static class NetworkProbe
{
    /// <summary>Arguments: addresses to look for a route to.</summary>
    public static ProbeReport Look(string[] args)
    {
        bool control = IsRouted(IPAddress.Loopback);
        var found = new List<string>();
        foreach (NetworkInterface adapter in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (adapter.OperationalStatus == OperationalStatus.Up && adapter.NetworkInterfaceType is not (NetworkInterfaceType.Loopback or NetworkInterfaceType.Tunnel))
            {
                found.Add($"the adapter '{adapter.Description}'");
            }
        }

        found.AddRange(args.Where(address => IsRouted(IPAddress.Parse(address))).Select(address => $"a route to {address}"));
        return found.Count > 0
            ? new ProbeReport(ProbeReport.Open, control, "there is " + string.Join(", ", found))
            : new ProbeReport(ProbeReport.Closed, control, $"no adapter is up, and no route to {string.Join(", ", args)}");
    }

    private static bool IsRouted(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(new IPEndPoint(address, 9));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
