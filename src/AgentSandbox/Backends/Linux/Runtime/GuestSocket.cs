using System.Runtime.InteropServices;
using System.Text;
using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>
/// The listening socket of a guest. Bound here, outside, and inherited by the guest: a sandbox never sees its path, so it can't put
/// something else in its place. Not a <see cref="System.Net.Sockets.Socket"/>, which unlinks the path when it is disposed.
/// </summary>
internal static unsafe partial class GuestSocket
{
    private const int AF_UNIX = 1;
    private const int SOCK_STREAM = 1;
    private const int SOCK_CLOEXEC = 0x80000;
    private const int Backlog = 128;
    private const int AddressSize = 110;

    /// <summary>Binds and listens.</summary>
    /// <param name="name">File name in the process's folder; a stale one is replaced.</param>
    /// <returns>The socket.</returns>
    public static FileDescriptor Bind(string name)
    {
        File.Delete(name);
        var socket = new FileDescriptor(Errno.Check(Socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "make a socket"));
        try
        {
            byte* address = stackalloc byte[AddressSize];
            var span = new Span<byte>(address, AddressSize);
            span.Clear();
            MemoryMarshal.Write(span, (ushort)AF_UNIX);
            Encoding.ASCII.GetBytes(name, span[2..^1]);
            Errno.Check(Bind(socket.Value, address, AddressSize), $"bind {name}");
            Errno.Check(Listen(socket.Value, Backlog), $"listen on {name}");
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int fd, byte* address, uint length);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    private static partial int Listen(int fd, int backlog);
}
