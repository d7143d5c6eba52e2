using System.Globalization;
using System.Text;

namespace AgentSandbox.Guest.Probes;

/// <summary>Asks whether somebody listens at an address: connects, says nothing, and hangs up.</summary>
internal static unsafe class SocketReach
{
    private const int Unix = 1;
    private const int VirtualMachine = 40;
    private const int Stream = 0x80001; // SOCK_STREAM | SOCK_CLOEXEC
    private const int SendTimeout = 21; // SO_SNDTIMEO, which connect(2) obeys
    private const int VsockConnectTimeout = 6; // SO_VM_SOCKETS_CONNECT_TIMEOUT, vsock(7)'s own

    /// <summary>Connects.</summary>
    /// <param name="address"><c>unix:PATH</c>, <c>unix:@NAME</c> (abstract) or <c>vsock:CID:PORT</c>.</param>
    /// <param name="socket">The connected socket; -1 when it is not.</param>
    /// <returns>What the kernel said.</returns>
    /// <exception cref="FormatException">That is no address.</exception>
    public static KernelResult Connect(string address, out nint socket)
    {
        byte[] bytes = Parse(address);
        KernelResult result = Kernel.Call("socket", bytes[0], Stream);
        socket = result.Value;
        if (!result.Ok)
        {
            return result;
        }

        // One second: what is meant is on this machine.
        nint* wait = stackalloc nint[2] { 1, 0 };
        Kernel.Call("setsockopt", socket, 1, SendTimeout, (nint)wait, 2 * sizeof(nint));
        if (bytes[0] == VirtualMachine)
        {
            Kernel.Call("setsockopt", socket, VirtualMachine, VsockConnectTimeout, (nint)wait, 2 * sizeof(nint));
        }

        fixed (byte* start = bytes)
        {
            result = Kernel.Call("connect", socket, (nint)start, bytes.Length);
        }

        if (!result.Ok)
        {
            Kernel.Close(socket);
            socket = -1;
        }

        return result;
    }

    /// <summary>Connects to one after the other, up to the first that answers.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="errno">What the report says when there are none.</param>
    /// <param name="asked">What was tried, for a report that nobody answered.</param>
    /// <returns>Open with the one that answered, else closed with what the kernel said of the last.</returns>
    public static ProbeReport Any(string[] addresses, int errno, string asked)
    {
        bool control = WorksInside();
        foreach (string address in addresses)
        {
            KernelResult result = Connect(address, out nint socket);
            if (result.Ok)
            {
                Kernel.Close(socket);
                return new ProbeReport(ProbeReport.Open, 0, control, $"connected to {address}");
            }

            errno = result.Errno;
        }

        return new ProbeReport(ProbeReport.Closed, errno, control, asked);
    }

    /// <summary>The control: a socket of the sandbox's own, with a name that the kernel makes up, can be reached.</summary>
    public static bool WorksInside()
    {
        KernelResult listener = Kernel.Call("socket", Unix, Stream);
        if (!listener.Ok)
        {
            return false;
        }

        byte* address = stackalloc byte[128];
        int length = 128;
        *(ushort*)address = Unix;
        bool works = Kernel.Call("bind", listener.Value, (nint)address, sizeof(ushort)).Ok
            && Kernel.Call("listen", listener.Value, 1).Ok
            && Kernel.Call("getsockname", listener.Value, (nint)address, (nint)(&length)).Ok;
        KernelResult client = Kernel.Call("socket", Unix, Stream);
        works = works && client.Ok && Kernel.Call("connect", client.Value, (nint)address, length).Ok;
        Kernel.Close(listener.Value);
        Kernel.Close(client.Value);
        return works;
    }

    private static byte[] Parse(string address)
    {
        if (address.StartsWith("unix:", StringComparison.Ordinal))
        {
            byte[] name = Encoding.UTF8.GetBytes(address[5..]);
            if (name.Length is 0 or > 107)
            {
                throw new FormatException($"'{address}' is no address of a Unix socket.");
            }

            return name[0] == (byte)'@' ? [Unix, 0, 0, .. name[1..]] : [Unix, 0, .. name, 0];
        }

        if (address.Split(':') is ["vsock", string machine, string port])
        {
            // struct sockaddr_vm: family, reserved, port, machine, 4 bytes of zero.
            byte[] bytes = new byte[16];
            bytes[0] = VirtualMachine;
            BitConverter.TryWriteBytes(bytes.AsSpan(4), uint.Parse(port, CultureInfo.InvariantCulture));
            BitConverter.TryWriteBytes(bytes.AsSpan(8), uint.Parse(machine, CultureInfo.InvariantCulture));
            return bytes;
        }

        throw new FormatException($"'{address}' is no address of a socket.");
    }
}
