using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.Protocol;

namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>The supervisor's own short talk with a new guest: one HELLO each way says that it serves.</summary>
internal static unsafe class GuestHandshake
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the guest answers.</summary>
    /// <param name="socketName">Its socket, in the process's folder.</param>
    /// <param name="process">A pidfd of the program that starts it.</param>
    /// <param name="log">What that program wrote.</param>
    /// <param name="name">The sandbox, for the error.</param>
    /// <exception cref="SandboxException">It ended, or did not answer in time, or is not our guest.</exception>
    public static void Run(string socketName, int process, Func<string> log, string name)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(socketName));
        var hello = new ArrayBufferWriter<byte>();
        FrameEncoder.WriteMessage(hello, FrameType.Hello, 0, new HelloMessage(), ProtocolJson.Default.HelloMessage);
        socket.Send(hello.WrittenSpan);

        using var decoder = new FrameDecoder();
        byte[] buffer = new byte[4096];
        var clock = Stopwatch.StartNew();
        Libc.PollFd* poll = stackalloc Libc.PollFd[2];
        while (true)
        {
            poll[0] = new Libc.PollFd { Fd = (int)socket.Handle, Events = Libc.POLLIN };
            poll[1] = new Libc.PollFd { Fd = process, Events = Libc.POLLIN };
            int left = (int)(s_deadline - clock.Elapsed).TotalMilliseconds;
            if (left <= 0)
            {
                throw new SandboxException(SandboxErrorId.GuestNotResponding, $"The guest program did not answer within {s_deadline.TotalSeconds:0} seconds. {log()}", "Try again when the machine is less busy.", name);
            }

            if (Libc.Poll(poll, 2, left) <= 0)
            {
                continue;
            }

            if (poll[0].Revents == 0)
            {
                throw new SandboxException(SandboxErrorId.StartFailed, $"The sandbox ended while it started: {log()}", "Check the specification and the image; docs/errors.md lists common causes.", name);
            }

            int received = socket.Receive(buffer);
            ReadOnlySpan<byte> input = buffer.AsSpan(0, received);
            if (received == 0)
            {
                throw new SandboxException(SandboxErrorId.StartFailed, $"The guest program closed its first connection: {log()}", "Check the specification and the image; docs/errors.md lists common causes.", name);
            }

            if (decoder.TryRead(ref input))
            {
                if (decoder.Header.Type != FrameType.Hello || ProtocolJson.Read(decoder.Payload, ProtocolJson.Default.HelloMessage).Magic != ProtocolLimits.Magic)
                {
                    throw new SandboxException(SandboxErrorId.ProtocolViolation, "What answered is not this product's guest program.", "Build or install the module again, so that its programs fit.", name);
                }

                return;
            }
        }
    }
}
