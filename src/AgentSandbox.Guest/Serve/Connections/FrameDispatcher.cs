using System.Buffers.Binary;
using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Channels;
using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Guest.Serve.Spawn;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Connections;

/// <summary>
/// Carries out the frames of one connection. A frame for a channel that is done is late and ignored; one for a channel that never was, one that
/// only a guest sends, or a message that is none, breaks the protocol.
/// </summary>
internal sealed class FrameDispatcher(ServerContext context, Connection connection, Dictionary<uint, CommandChannel> channels)
{
    private readonly ByteQueue _open = new();
    private uint _openChannel;
    private uint _lastChannel;

    /// <summary>The host has said HELLO.</summary>
    public bool HasHello { get; private set; }

    /// <summary>Bytes of an OPEN that is not complete.</summary>
    public int QueuedOpen => _open.Length;

    /// <summary>Carries out one frame.</summary>
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
                connection.SendFrame(FrameType.Pong, 0, 0, payload);
                break;
            case FrameType.Error:
                connection.Fail(FailKind.Protocol, "The host reported an error.");
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

    /// <summary>Drops what is incomplete.</summary>
    public void Close() => _open.Clear();

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

        HasHello = true;
        connection.SendMessage(FrameType.Hello, 0, new HelloMessage { Version = ThisAssembly.Version, Features = [ProtocolFeatures.Terminal] }, ProtocolJson.Default.HelloMessage);
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
        if (!hasMore && _open.Length == 0)
        {
            Start(header.Channel, payload);
            return;
        }

        _open.Append(payload);
        if (!hasMore)
        {
            bool large = _open.Length > ProtocolLimits.MaxControl;
            try
            {
                Start(header.Channel, _open.Bytes);
            }
            finally
            {
                _open.Clear();
            }

            if (large)
            {
                // Megabytes of strings that nobody needs any more; an idle guest is to be small.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            }
        }
    }

    private void Start(uint channel, ReadOnlySpan<byte> json)
    {
        try
        {
            OpenMessage open = ProtocolJson.Read(json, ProtocolJson.Default.OpenMessage);
            if (channels.Count >= ProtocolLimits.MaxChannels || context.IsShuttingDown)
            {
                throw new CommandRefusedException(FailKind.Busy, 0, "open", context.IsShuttingDown ? "The guest shuts down." : "Too many commands.");
            }

            channels.Add(channel, new CommandChannel(context, connection, channel, open));
        }
        catch (CommandRefusedException e)
        {
            connection.SendMessage(FrameType.Fail, channel, e.Fail, ProtocolJson.Default.FailMessage);
        }
        catch (OutOfMemoryException)
        {
            var fail = new FailMessage { Kind = FailKind.ResourceExhausted, Errno = Errno.ENOMEM, Stage = "open" };
            connection.SendMessage(FrameType.Fail, channel, fail, ProtocolJson.Default.FailMessage);
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
        TerminalMessage? size = header.Type == FrameType.Resize ? ProtocolJson.Read(payload, ProtocolJson.Default.TerminalMessage) : null;
        if (!channels.TryGetValue(header.Channel, out CommandChannel? channel))
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
                channel.Signal(signal!.Signal, signal.Scope);
                break;
            case FrameType.Close:
                channel.End();
                break;
            default:
                channel.Resize(size!);
                break;
        }
    }

    private static SignalMessage ReadSignal(ReadOnlySpan<byte> payload)
    {
        SignalMessage signal = ProtocolJson.Read(payload, ProtocolJson.Default.SignalMessage);
        return signal.Signal is >= 1 and <= Os.MaxSignal && signal.Scope is SignalScope.Leader or SignalScope.Group or SignalScope.All
            ? signal
            : throw new ProtocolViolationException("A signal that does not exist.");
    }
}
