using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace AgentSandbox.Guest.Probes;

/// <summary>Whether the host answers at one of its own addresses. All are tried at once, since a packet filter may swallow each attempt.</summary>
internal static unsafe class GatewayProbe
{
    private const int Stream = 0x80801; // SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC
    private const int InProgress = 115;
    private const int PollIn = 1;
    private const int TimedOut = 110;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>Arguments: address and port of each canary, which all say the same secret.</summary>
    public static ProbeReport Reach(string[] args)
    {
        bool control = Kernel.Call("socket", 1 /* AF_UNIX */, Stream).Ok; // Sockets can be made at all.
        string what = $"connect to {args.Length / 2} addresses of the host";
        var pending = new List<(nint Socket, string Name)>();
        int errno = 0;
        for (int i = 0; i + 1 < args.Length; i += 2)
        {
            KernelResult result = Connect(IPAddress.Parse(args[i]), ushort.Parse(args[i + 1], CultureInfo.InvariantCulture), out nint socket);
            if (result.Ok || result.Errno == InProgress)
            {
                pending.Add((socket, args[i]));
            }
            else
            {
                errno = result.Errno;
            }
        }

        for (long start = Stopwatch.GetTimestamp(); pending.Count > 0 && Stopwatch.GetElapsedTime(start) < s_patience;)
        {
            foreach ((nint socket, string name) in Ready(pending))
            {
                KernelResult read = Kernel.Read(socket, out string text);
                Kernel.Close(socket);
                pending.RemoveAll(one => one.Socket == socket);
                if (text.Length > 0)
                {
                    return ProbeReport.OfSecret(text.Trim(), 0, control, $"the host answers at {name}");
                }

                errno = read.Errno;
            }
        }

        return new ProbeReport(ProbeReport.Closed, pending.Count > 0 ? TimedOut : errno, control, what);
    }

    private static KernelResult Connect(IPAddress ip, ushort port, out nint socket)
    {
        byte[] address = NetworkProbes.Address(ip, port);
        KernelResult result = Kernel.Call("socket", address[0], Stream);
        socket = result.Value;
        if (!result.Ok)
        {
            return result;
        }

        fixed (byte* start = address)
        {
            result = Kernel.Call("connect", socket, (nint)start, address.Length);
        }

        if (!result.Ok && result.Errno != InProgress)
        {
            Kernel.Close(socket);
        }

        return result;
    }

    /// <summary>Waits for at most 100 ms for sockets that have something to say: the secret, or why there is none.</summary>
    private static List<(nint Socket, string Name)> Ready(List<(nint Socket, string Name)> pending)
    {
        ulong[] entries = [.. pending.Select(one => (uint)one.Socket | ((ulong)PollIn << 32))]; // struct pollfd
        long* wait = stackalloc long[2] { 0, 100_000_000 };
        fixed (ulong* start = entries)
        {
            Kernel.Call("ppoll", (nint)start, entries.Length, (nint)wait);
        }

        return [.. pending.Where((_, index) => entries[index] >> 48 != 0)];
    }
}
