using System.Buffers.Binary;
using AgentSandbox.Protocol;
using AgentSandbox.WindowsGuest.Serve.Commands;

namespace AgentSandbox.WindowsGuest.Serve.Connections;

/// <summary>
/// Carries out the frames of one connection. A frame for a channel that is done is late and ignored; one for a channel that never was, one that
/// only a guest sends, or a message that is none, breaks the protocol.
/// </summary>
internal sealed class FrameDispatcher(GuestSession session)
{
    /// <summary>Optional abilities in this guest's HELLO: exit codes have 32 bits.</summary>
    private static readonly string[] s_features = [ProtocolFeatures.Windows];

    private FrameBuffer _open = new();
    private uint _openChannel;
    private uint _lastChannel;
    private volatile bool _hasHello;

    /// <summary>The host has said HELLO.</summary>
    public bool HasHello => _hasHello;

    /// <summary>Carries out one frame.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="payload">Its payload.</param>
    /// <exception cref="ProtocolViolationException">The connection can't be trusted any more.</exception>
    public void Dispatch(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (HasHello == (header.Type == FrameType.Hello))
        {
            throw new ProtocolViolationException("HELLO has to be the first frame, once.");
        }

        switch (header.Type)
        {
            case FrameType.Hello:
                Hello(ProtocolJson.Read(payload, ProtocolJson.Default.HelloMessage));
                break;
            case FrameType.Ping:
                session.SendFrame(FrameType.Pong, 0, 0, payload);
                break;
            case FrameType.Error:
                session.Fail(FailKind.Protocol, "The host reported an error.");
                break;
            case FrameType.Open:
                Open(header, payload);
                break;
            case FrameType.Data or FrameType.Eof or FrameType.Window or FrameType.Signal or FrameType.Close or FrameType.Resize:
                ToChannel(header, payload);
                break;
            default:
                throw new ProtocolViolationException($"Frame type {header.Type} from a host.");
        }
    }

    private void Hello(HelloMessage hello)
    {
        if (hello.Magic != ProtocolLimits.Magic)
        {
            throw new ProtocolViolationException("HELLO with another magic.");
        }

        if (Math.Max(hello.MinGeneration, ProtocolLimits.MinGeneration) > Math.Min(hello.MaxGeneration, ProtocolLimits.MaxGeneration))
        {
            throw new ProtocolViolationException("No generation that both ends speak.");
        }

        _hasHello = true;
        string version = typeof(FrameDispatcher).Assembly.GetName().Version?.ToString(3) ?? "";
        session.SendMessage(FrameType.Hello, 0, new HelloMessage { Version = version, Features = s_features }, ProtocolJson.Default.HelloMessage);
    }

    private void Open(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (_openChannel != 0 ? header.Channel != _openChannel : header.Channel <= _lastChannel)
        {
            throw new ProtocolViolationException("OPEN with a channel number that is not new, or inside another OPEN.");
        }

        _lastChannel = header.Channel;
        if (_open.Length + payload.Length > ProtocolLimits.MaxOpen)
        {
            throw new ProtocolViolationException("An OPEN message is too large.");
        }

        bool hasMore = header.Flags == FrameFlags.More;
        _openChannel = hasMore ? header.Channel : 0;
        payload.CopyTo(_open.GetSpan(payload.Length));
        _open.Advance(payload.Length);
        if (!hasMore)
        {
            OpenMessage open = ProtocolJson.Read(_open.Array.AsSpan(0, _open.Length), ProtocolJson.Default.OpenMessage);
            _open = new FrameBuffer();
            if (!session.TryOpen(header.Channel, open))
            {
                var busy = new FailMessage { Kind = FailKind.Busy, Stage = "open", Detail = "Too many commands." };
                session.SendMessage(FrameType.Fail, header.Channel, busy, ProtocolJson.Default.FailMessage);
            }
        }
    }

    private void ToChannel(FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Channel > _lastChannel)
        {
            throw new ProtocolViolationException($"Frame type {header.Type} for a channel that was never opened.");
        }

        // Parsed also for a channel that is done: garbage is garbage at any time.
        SignalMessage? signal = header.Type == FrameType.Signal ? ReadSignal(payload) : null;
        if (session.Find(header.Channel) is not { } channel)
        {
            return;
        }

        switch (header.Type)
        {
            case FrameType.Data when header.Flags == (byte)StreamId.StandardInput:
                channel.ReceiveInput(payload);
                break;
            case FrameType.Eof when header.Flags == (byte)StreamId.StandardInput:
                channel.EndInput();
                break;
            case FrameType.Data or FrameType.Eof:
                throw new ProtocolViolationException("The host sends on a stream that is the command's.");
            case FrameType.Window:
                channel.AddCredit((StreamId)header.Flags, BinaryPrimitives.ReadInt32BigEndian(payload));
                break;
            case FrameType.Signal:
                channel.Signal(signal!);
                break;
            case FrameType.Close:
                channel.End();
                break;
            default:
                break; // RESIZE is reserved for terminals, which this generation does not have.
        }
    }

    private static SignalMessage ReadSignal(ReadOnlySpan<byte> payload)
    {
        SignalMessage signal = ProtocolJson.Read(payload, ProtocolJson.Default.SignalMessage);
        return signal.Signal is >= 1 and <= CommandSignal.Max && signal.Scope is (SignalScope.Leader or SignalScope.Group or SignalScope.All)
            ? signal
            : throw new ProtocolViolationException("A signal that does not exist.");
    }
}
