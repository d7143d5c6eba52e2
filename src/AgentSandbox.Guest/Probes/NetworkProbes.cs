using System.Globalization;
using System.Net;
using System.Text;

namespace AgentSandbox.Guest.Probes;

/// <summary>Probes of what sockets reach.</summary>
internal static unsafe class NetworkProbes
{
    private const int Unix = 1;
    private const int Internet = 2;
    private const int Internet6 = 10;
    private const int VirtualMachine = 40;
    private const int Stream = 0x80001; // SOCK_STREAM | SOCK_CLOEXEC
    private const int Datagram = 0x80002;
    private const int NoFamily = 97; // EAFNOSUPPORT

    /// <summary>Arguments: port of the canary on the host's 127.0.0.1, which says its secret to who connects.</summary>
    public static ProbeReport HostLoopback(string[] args) =>
        Listen(Internet, Address(IPAddress.Loopback, ushort.Parse(args[0], CultureInfo.InvariantCulture)), $"connect 127.0.0.1:{args[0]}");

    /// <summary>Arguments: name of the canary's abstract socket.</summary>
    public static ProbeReport AbstractUnix(string[] args)
    {
        byte[] name = Encoding.ASCII.GetBytes(args[0]);
        return Listen(Unix, [Unix, 0, 0, .. name], $"connect @{args[0]}");
    }

    /// <summary>Arguments: addresses to look for a route to. connect(2) on a datagram socket asks the routing table and sends nothing.</summary>
    public static ProbeReport Egress(string[] args)
    {
        var routed = new List<string>();
        int errno = 0;
        bool control = Routed(IPAddress.Loopback, out _);
        foreach (string text in args)
        {
            if (Routed(IPAddress.Parse(text), out int error))
            {
                routed.Add(text);
            }
            else
            {
                errno = error;
            }
        }

        return routed.Count > 0
            ? new ProbeReport(ProbeReport.Open, 0, true, $"There is a route to {string.Join(", ", routed)}.")
            : new ProbeReport(ProbeReport.Closed, errno, control || errno == 101 /* ENETUNREACH: even loopback is down */, $"No route to {string.Join(", ", args)}");
    }

    /// <summary>No arguments.</summary>
    public static ProbeReport Vsock(string[] args)
    {
        KernelResult control = Kernel.Call("socket", Unix, Stream);
        KernelResult socket = Kernel.Call("socket", VirtualMachine, Stream);
        return ProbeReport.Of(socket, control.Ok && args.Length == 0, "socket(AF_VSOCK)");
    }

    /// <summary>No arguments. A packet socket for no protocol at all receives nothing.</summary>
    public static ProbeReport Packets(string[] args)
    {
        KernelResult control = Kernel.Call("socket", Unix, Stream);
        KernelResult socket = Kernel.Call("socket", 17 /* AF_PACKET */, 0x80003 /* SOCK_RAW | SOCK_CLOEXEC */);
        return ProbeReport.Of(socket, control.Ok && args.Length == 0, "socket(AF_PACKET)");
    }

    /// <summary>Arguments: addresses of sockets by which the machine is ruled. They are connected to and told nothing.</summary>
    public static ProbeReport Control(string[] args) => SocketReach.Any(args, 2, $"connect to {args.Length} sockets by which a machine is ruled");

    private static ProbeReport Listen(int family, byte[] address, string what)
    {
        KernelResult socket = Kernel.Call("socket", family, Stream);
        if (!socket.Ok)
        {
            // No socket of this kind can be made at all: closed for certain, if others can.
            return new ProbeReport(ProbeReport.Closed, socket.Errno, socket.Errno is NoFamily or 1, $"socket({family})");
        }

        // Three seconds for sending (which connect(2) obeys) and receiving: a packet filter may swallow the attempt.
        nint* wait = stackalloc nint[2] { 3, 0 };
        Kernel.Call("setsockopt", socket.Value, 1, 20, (nint)wait, 2 * sizeof(nint));
        Kernel.Call("setsockopt", socket.Value, 1, 21, (nint)wait, 2 * sizeof(nint));
        KernelResult result = Connect(socket.Value, address);
        string secret = "";
        if (result.Ok)
        {
            result = Kernel.Read(socket.Value, out secret);
        }

        return ProbeReport.OfSecret(secret.Trim(), result.Errno, true, what);
    }

    private static bool Routed(IPAddress address, out int errno)
    {
        int family = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? Internet6 : Internet;
        KernelResult result = Kernel.Call("socket", family, Datagram);
        if (result.Ok)
        {
            nint socket = result.Value;
            result = Connect(socket, Address(address, 9));
            Kernel.Close(socket);
        }

        errno = result.Errno;
        return result.Ok;
    }

    private static KernelResult Connect(nint socket, byte[] address)
    {
        fixed (byte* start = address)
        {
            return Kernel.Call("connect", socket, (nint)start, address.Length);
        }
    }

    /// <summary>struct sockaddr_in or sockaddr_in6.</summary>
    internal static byte[] Address(IPAddress address, ushort port)
    {
        byte[] bytes = address.GetAddressBytes();
        return bytes.Length == 4
            ? [Internet, 0, (byte)(port >> 8), (byte)port, .. bytes, 0, 0, 0, 0, 0, 0, 0, 0]
            : [Internet6, 0, (byte)(port >> 8), (byte)port, 0, 0, 0, 0, .. bytes, 0, 0, 0, 0];
    }
}
