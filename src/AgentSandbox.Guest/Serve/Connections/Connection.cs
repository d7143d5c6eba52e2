using System.Text.Json.Serialization.Metadata;
using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Channels;
using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Connections;

/// <summary>
/// One connection of a host: its stream, what waits to be sent, and its commands. What can't be sent at once is queued; while anything is
/// queued no command's output is read, and while much is queued nothing is received. So a host that does not read costs bounded memory, and
/// no other connection waits for it.
/// </summary>
internal sealed unsafe class Connection : IEventHandler, ITimed, IDisposable
{
    /// <summary>Answers that may wait before the host's next requests are left unread, in bytes.</summary>
    private const int MostQueuedAnswers = 256 * 1024;
    private const int ReceivesPerTurn = 4;
    private readonly ServerContext _context;
    private readonly Dictionary<uint, CommandChannel> _channels = [];
    private readonly ByteQueue _outgoing = new();
    private readonly FrameDecoder _decoder = new();
    private readonly FrameDispatcher _dispatcher;
    private readonly HostStream _stream;
    private bool _isBackedUp;
    private bool _isReceiving = true;
    private bool _hasFailed;

    /// <summary>Starts to serve.</summary>
    /// <param name="context">Shared parts.</param>
    /// <param name="stream">Where the host is.</param>
    /// <param name="isPatient">The host may take its time with HELLO: nobody else could use this stream.</param>
    public Connection(ServerContext context, HostStream stream, bool isPatient = false)
    {
        _context = context;
        _stream = stream;
        _dispatcher = new FrameDispatcher(context, this, _channels);
        if (!isPatient)
        {
            context.Loop.CallAt(context.Loop.Now + (long)ProtocolLimits.HelloTimeout.TotalMilliseconds, this);
        }

        UpdateInterest();
    }

    /// <summary>The connection is closed and its commands are being ended.</summary>
    public bool IsClosed => !_stream.IsOpen;

    /// <summary>Nothing waits to be sent, so output of commands may be read.</summary>
    public bool TakesData => !_hasFailed && !_isBackedUp;

    /// <summary>Bytes that wait here for the host or for commands.</summary>
    private long Queued
    {
        get
        {
            long sum = _outgoing.Length + _dispatcher.QueuedOpen;
            foreach (CommandChannel channel in _channels.Values)
            {
                sum += channel.PendingInput;
            }

            return sum;
        }
    }

    /// <summary>Sends a complete DATA frame. Only while <see cref="TakesData"/>; what the stream does not take is copied.</summary>
    public void SendData(byte* frame, int length)
    {
        if (_outgoing.Length > 0)
        {
            Flush(); // Small answers of this turn; their order with the data is kept.
        }

        int sent = _outgoing.Length > 0 || _hasFailed ? 0 : Write(frame, length);
        if (sent < length && !_hasFailed)
        {
            _isBackedUp = true;
            _outgoing.Append(new ReadOnlySpan<byte>(frame + sent, length - sent));
        }
    }

    /// <summary>Queues an EOF frame.</summary>
    public void SendEof(uint channel, StreamId stream) => SendFrame(FrameType.Eof, channel, (byte)stream, []);

    /// <summary>Queues a WINDOW frame.</summary>
    public void SendWindow(uint channel, StreamId stream, int credit)
    {
        if (!_hasFailed)
        {
            FrameEncoder.WriteWindow(_outgoing, channel, stream, credit);
        }
    }

    /// <summary>Queues a frame.</summary>
    public void SendFrame(FrameType type, uint channel, byte flags, ReadOnlySpan<byte> payload)
    {
        if (!_hasFailed)
        {
            FrameEncoder.WriteFrame(_outgoing, type, channel, flags, payload);
        }
    }

    /// <summary>Queues a control message.</summary>
    public void SendMessage<T>(FrameType type, uint channel, T message, JsonTypeInfo<T> typeInfo)
    {
        if (!_hasFailed)
        {
            FrameEncoder.WriteMessage(_outgoing, type, channel, message, typeInfo);
        }
    }

    /// <summary>Tells the host why, and ends the connection after this turn.</summary>
    public void Fail(string kind, string detail)
    {
        if (!_hasFailed)
        {
            SendMessage(FrameType.Error, 0, new FailMessage { Kind = kind, Detail = detail }, ProtocolJson.Default.FailMessage);
            Flush();
            _hasFailed = true;
        }
    }

    /// <summary>Forgets a channel that is done.</summary>
    public void Remove(CommandChannel channel)
    {
        _channels.Remove(channel.Id);
        _context.Running.Remove(channel.Tree);
        _context.Trim.OnActivity();
    }

    /// <summary>Ends all commands, each of which answers with EXIT.</summary>
    public void EndCommands()
    {
        foreach (CommandChannel channel in _channels.Values)
        {
            channel.End();
        }
    }

    /// <summary>No HELLO in time.</summary>
    public void OnTime(long now)
    {
        if (!IsClosed && !_dispatcher.HasHello)
        {
            Fail(FailKind.Protocol, "No HELLO in time.");
        }
    }

    /// <inheritdoc/>
    public void OnReady(int descriptor, uint events)
    {
        if ((events & Os.EPOLLOUT) != 0)
        {
            Flush();
        }

        if ((events & Os.EPOLLIN) != 0 && _isReceiving)
        {
            Receive();
        }
        else if (HostStream.IsEnd(events))
        {
            _hasFailed = true;
        }
    }

    /// <summary>After each batch of events: sends what it has queued, and closes the connection if it has failed.</summary>
    public void EndTurn()
    {
        if (!_hasFailed && _outgoing.Length > 0 && !_isBackedUp)
        {
            Flush();
        }

        if (_hasFailed)
        {
            Dispose();
            return;
        }

        bool overBudget = ByteQueue.TotalQueued > ProtocolLimits.MaxGuestBuffer
            && Queued > ProtocolLimits.MaxGuestBuffer / ProtocolLimits.MaxConnections;
        _isReceiving = _outgoing.Length <= MostQueuedAnswers && !overBudget;
        UpdateInterest();
    }

    /// <summary>Closes the stream and ends the commands.</summary>
    public void Dispose()
    {
        _stream.Close();
        _outgoing.Clear();
        _decoder.Dispose();
        _dispatcher.Close();
        foreach (CommandChannel channel in _channels.Values)
        {
            channel.End();
        }
    }

    private void Receive()
    {
        for (int i = 0; i < ReceivesPerTurn && !_hasFailed; i++)
        {
            nint n = _stream.Read(Scratch.Receive, Scratch.ReceiveSize);
            if (n > 0)
            {
                Dispatch(new ReadOnlySpan<byte>(Scratch.Receive, (int)n));
                if (n < Scratch.ReceiveSize)
                {
                    return;
                }
            }
            else if (n == 0 || Libc.Errno is not (Errno.EAGAIN or Errno.EINTR))
            {
                _hasFailed = true;
            }
            else
            {
                return;
            }
        }
    }

    private void Dispatch(ReadOnlySpan<byte> received)
    {
        try
        {
            while (!_hasFailed && _decoder.TryRead(ref received))
            {
                _dispatcher.Dispatch(_decoder.Header, _decoder.Payload);
            }
        }
        catch (ProtocolViolationException e)
        {
            Fail(FailKind.Protocol, e.Message);
        }
    }

    private void Flush()
    {
        fixed (byte* p = _outgoing.Bytes)
        {
            int sent = Write(p, _outgoing.Length);
            _outgoing.Consume(sent);
        }

        bool wasBackedUp = _isBackedUp;
        _isBackedUp = _outgoing.Length > 0;
        if (wasBackedUp && TakesData)
        {
            foreach (CommandChannel channel in _channels.Values)
            {
                channel.ResumeOutput();
            }
        }
    }

    private int Write(byte* bytes, int length)
    {
        int done = 0;
        while (done < length)
        {
            nint n = _stream.Write(bytes + done, length - done);
            if (n > 0)
            {
                done += (int)n;
                continue;
            }

            int errno = Libc.Errno;
            if (errno is not (Errno.EAGAIN or Errno.EINTR))
            {
                _hasFailed = true; // EPIPE, ECONNRESET: the host is gone.
            }

            if (errno != Errno.EINTR)
            {
                break;
            }
        }

        return done;
    }

    private void UpdateInterest() => _hasFailed |= !_stream.Watch(_isReceiving, _isBackedUp, this);
}
