using System.Net.Sockets;
using AgentSandbox.Copying.Files;
using AgentSandbox.State;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Host.Provider.Verbs;

/// <summary><c>connect</c>: one line, then the bytes of the guest's socket in both directions until either end closes.</summary>
internal static class ConnectVerb
{
    private const int BufferSize = 128 * 1024;

    /// <summary>Runs it.</summary>
    public static async Task RunAsync(ProviderCall call)
    {
        (NetworkStream guest, ActivityLease? lease) = await call.Sandboxes.ConnectAsync(call.Id, CancellationToken.None);
        using (lease)
        await using (guest)
        {
            call.End(null);
            var fromHost = new Thread(() => Relay(call.Input.Read, guest.Write, () => guest.Socket.Shutdown(SocketShutdown.Both))) { IsBackground = true, Name = "host to guest" };
            fromHost.Start();
            using var output = new DescriptorStream(new SafeFileHandle(1, ownsHandle: false));
            Relay(guest.Read, output.Write, () => { });
        }
    }

    private delegate int Reader(Span<byte> buffer);

    private delegate void Writer(ReadOnlySpan<byte> bytes);

    private static void Relay(Reader read, Writer write, Action end)
    {
        byte[] buffer = new byte[BufferSize];
        try
        {
            for (int n; (n = read(buffer)) > 0;)
            {
                write(buffer.AsSpan(0, n));
            }

            end();
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // One end has gone; the other sees that when this process has.
            EndQuietly(end);
        }
    }

    private static void EndQuietly(Action end)
    {
        try
        {
            end();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was the socket that went.
        }
    }
}
