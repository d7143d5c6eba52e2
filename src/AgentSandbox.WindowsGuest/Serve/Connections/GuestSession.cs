using System.Text.Json.Serialization.Metadata;
using AgentSandbox.Protocol;
using AgentSandbox.WindowsGuest.Serve.Commands;

namespace AgentSandbox.WindowsGuest.Serve.Connections;

/// <summary>
/// One connection of a host: reads its frames, sends the guest's, and ends its commands when it ends. Sending waits while the host's window is
/// full, which holds up only those who send: a host always reads, whatever else it does.
/// </summary>
internal sealed class GuestSession : IDisposable
{
    private const int ReadBufferSize = 128 * 1024;

    private readonly Stream _stream;
    private readonly object _sending = new();
    private readonly object _gate = new();
    private readonly Dictionary<uint, CommandChannel> _channels = [];
    private readonly FrameDispatcher _dispatcher;
    private volatile bool _hasFailed;

    /// <summary>Prepares a connection.</summary>
    /// <param name="stream">Where the host is; belongs to this from now on.</param>
    public GuestSession(Stream stream)
    {
        _stream = stream;
        _dispatcher = new FrameDispatcher(this);
    }

    /// <summary>Serves until the connection ends, then ends its commands.</summary>
    /// <returns>When the connection has ended.</returns>
    public async Task RunAsync()
    {
        using var decoder = new FrameDecoder();
        byte[] buffer = new byte[ReadBufferSize];
        try
        {
            using var hello = new Timer(_ => OnHelloTimeout(), null, ProtocolLimits.HelloTimeout, Timeout.InfiniteTimeSpan);
            int count;
            while (!_hasFailed && (count = await _stream.ReadAsync(buffer, 0, buffer.Length, CancellationToken.None).ConfigureAwait(false)) > 0)
            {
                Take(decoder, buffer.AsSpan(0, count));
            }
        }
        catch (ProtocolViolationException e)
        {
            Fail(FailKind.Protocol, e.Message);
        }
        catch (Exception e) when (e is IOException or TimeoutException or ObjectDisposedException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine("A connection has ended: " + e.Message);
        }
        finally
        {
            _hasFailed = true;
            foreach (CommandChannel channel in Channels())
            {
                channel.End();
            }

            _stream.Dispose();
        }
    }

    /// <summary>Refuses the connection.</summary>
    public void Refuse() => Fail(FailKind.Busy, "Too many connections.");

    /// <summary>Commands that are not done.</summary>
    /// <returns>A copy.</returns>
    public IReadOnlyList<CommandChannel> Channels()
    {
        lock (_gate)
        {
            return [.. _channels.Values];
        }
    }

    /// <summary>A command that is not done.</summary>
    /// <param name="id">Its channel.</param>
    /// <returns>The command, or null.</returns>
    public CommandChannel? Find(uint id)
    {
        lock (_gate)
        {
            return _channels.TryGetValue(id, out CommandChannel? channel) ? channel : null;
        }
    }

    /// <summary>Begins a command.</summary>
    /// <param name="id">Its new channel.</param>
    /// <param name="open">The request.</param>
    /// <returns>False when there are too many.</returns>
    public bool TryOpen(uint id, OpenMessage open)
    {
        lock (_gate)
        {
            if (_channels.Count >= ProtocolLimits.MaxChannels)
            {
                return false;
            }

            _channels.Add(id, new CommandChannel(this, id, open));
            return true;
        }
    }

    /// <summary>Forgets a command that is done.</summary>
    /// <param name="channel">The command.</param>
    public void Remove(CommandChannel channel)
    {
        lock (_gate)
        {
            _channels.Remove(channel.Id);
        }
    }

    /// <summary>Sends a complete DATA frame.</summary>
    /// <param name="frame">Holds it.</param>
    /// <param name="length">Its length, header included.</param>
    public void SendData(byte[] frame, int length)
    {
        lock (_sending)
        {
            Write(frame, length);
        }
    }

    /// <summary>Sends an EOF frame.</summary>
    /// <param name="channel">The command.</param>
    /// <param name="stream">Its stream.</param>
    public void SendEof(uint channel, StreamId stream) => SendFrame(FrameType.Eof, channel, (byte)stream, []);

    /// <summary>Sends a WINDOW frame.</summary>
    /// <param name="channel">The command.</param>
    /// <param name="stream">Its stream.</param>
    /// <param name="credit">Bytes.</param>
    public void SendWindow(uint channel, StreamId stream, int credit)
    {
        var frame = new FrameBuffer();
        FrameEncoder.WriteWindow(frame, channel, stream, credit);
        Send(frame);
    }

    /// <summary>Sends a frame.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="channel">The command, or 0.</param>
    /// <param name="flags">Of the header.</param>
    /// <param name="payload">The bytes.</param>
    public void SendFrame(FrameType type, uint channel, byte flags, ReadOnlySpan<byte> payload)
    {
        var frame = new FrameBuffer();
        FrameEncoder.WriteFrame(frame, type, channel, flags, payload);
        Send(frame);
    }

    /// <summary>Sends a control message.</summary>
    /// <typeparam name="T">The message.</typeparam>
    /// <param name="type">Its frame type.</param>
    /// <param name="channel">The command, or 0.</param>
    /// <param name="message">The message.</param>
    /// <param name="typeInfo">Its metadata.</param>
    public void SendMessage<T>(FrameType type, uint channel, T message, JsonTypeInfo<T> typeInfo)
    {
        var frame = new FrameBuffer();
        FrameEncoder.WriteMessage(frame, type, channel, message, typeInfo);
        Send(frame);
    }

    /// <summary>Tells the host why, and ends the connection.</summary>
    /// <param name="kind">One of <see cref="FailKind"/>.</param>
    /// <param name="detail">More of it.</param>
    public void Fail(string kind, string detail)
    {
        if (!_hasFailed)
        {
            SendMessage(FrameType.Error, 0, new FailMessage { Kind = kind, Detail = detail }, ProtocolJson.Default.FailMessage);
            _hasFailed = true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private void OnHelloTimeout()
    {
        if (!_dispatcher.HasHello)
        {
            Fail(FailKind.Protocol, "No HELLO in time.");
            _stream.Dispose(); // RunAsync waits in a read.
        }
    }

    private void Take(FrameDecoder decoder, ReadOnlySpan<byte> bytes)
    {
        while (!_hasFailed && decoder.TryRead(ref bytes))
        {
            _dispatcher.Dispatch(decoder.Header, decoder.Payload);
        }
    }

    private void Send(FrameBuffer frame)
    {
        lock (_sending)
        {
            Write(frame.Array, frame.Length);
        }
    }

    private void Write(byte[] bytes, int count)
    {
        if (_hasFailed)
        {
            return; // The host is gone, or has been told that it is left.
        }

        try
        {
            _stream.Write(bytes, 0, count);
        }
        catch (Exception e) when (e is IOException or TimeoutException or ObjectDisposedException or UnauthorizedAccessException or ProtocolViolationException)
        {
            _hasFailed = true; // The reading loop meets the same end and reports it.
        }
    }
}
