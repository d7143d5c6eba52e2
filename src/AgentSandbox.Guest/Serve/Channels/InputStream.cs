using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Connections;
using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Channels;

/// <summary>A command's standard input: what the host sends, at the pace at which the command reads.</summary>
internal sealed unsafe class InputStream : IEventHandler
{
    /// <summary>What a terminal takes for the end of its input (VEOF, termios(3)) unless told otherwise.</summary>
    private const byte EndOfTransmission = 4;

    private readonly EventLoop _loop;
    private readonly Connection _connection;
    private readonly uint _channel;
    private readonly ByteQueue _pending = new();
    private readonly bool _isWanted;
    private readonly bool _isTerminal;
    private int _pipe;
    private int _window = ProtocolLimits.InitialWindow;
    private int _consumed;
    private bool _ended;

    /// <summary>Creates the stream.</summary>
    /// <param name="loop">Watches the pipe.</param>
    /// <param name="connection">Where credit goes.</param>
    /// <param name="channel">The command.</param>
    /// <param name="pipe">Non-blocking write end, or -1 when the host said that it will send nothing.</param>
    /// <param name="isTerminal">It is a terminal, whose end of input is a character.</param>
    public InputStream(EventLoop loop, Connection connection, uint channel, int pipe, bool isTerminal)
    {
        _loop = loop;
        _connection = connection;
        _channel = channel;
        _pipe = pipe;
        _isWanted = pipe >= 0;
        _isTerminal = isTerminal;
    }

    /// <summary>Bytes that the command has not taken yet.</summary>
    public int Pending => _pending.Length;

    /// <summary>Bytes from the host. When the command has closed its standard input they are dropped, and the credit returned all the same.</summary>
    /// <exception cref="ProtocolViolationException">More than the window allows, after the end, or on a command without standard input.</exception>
    public void Receive(ReadOnlySpan<byte> bytes)
    {
        if (!_isWanted || _ended)
        {
            throw new ProtocolViolationException("DATA for a standard input that has ended or was not asked for.");
        }

        _window -= bytes.Length;
        if (_window < 0)
        {
            throw new ProtocolViolationException("DATA beyond the window of standard input.");
        }

        int written = _pipe < 0 ? bytes.Length : _pending.Length > 0 ? 0 : Write(bytes);
        if (written < bytes.Length)
        {
            _pending.Append(bytes[written..]);
            Watch();
        }

        ReturnCredit(written);
    }

    /// <summary>Takes bytes that are not for the command, as far as credit is concerned.</summary>
    /// <exception cref="ProtocolViolationException">As for <see cref="Receive"/>.</exception>
    public void Skip(int count)
    {
        if (!_isWanted || _ended || (_window -= count) < 0)
        {
            throw new ProtocolViolationException("DATA beyond the window or the end of standard input.");
        }

        ReturnCredit(count);
    }

    /// <summary>The host has sent all.</summary>
    /// <exception cref="ProtocolViolationException">It said so before, or the command has no standard input.</exception>
    public void End()
    {
        if (!_isWanted || _ended)
        {
            throw new ProtocolViolationException("EOF for a standard input that has ended or was not asked for.");
        }

        _ended = true;
        if (_isTerminal && _pipe >= 0)
        {
            ReadOnlySpan<byte> end = [EndOfTransmission];
            if (_pending.Length > 0 || Write(end) == 0)
            {
                _pending.Append(end);
                Watch();
            }
        }

        if (_pending.Length == 0)
        {
            _loop.Close(ref _pipe);
        }
    }

    /// <summary>Closes the pipe and drops what the command did not take.</summary>
    public void Close()
    {
        _loop.Close(ref _pipe);
        int dropped = _pending.Length;
        _pending.Clear();
        ReturnCredit(dropped);
    }

    /// <inheritdoc/>
    public void OnReady(int descriptor, uint events)
    {
        int written = Write(_pending.Bytes);
        _pending.Consume(written);
        ReturnCredit(written);
        if (_pipe < 0 || (_pending.Length == 0 && _ended))
        {
            Close();
        }
        else if (_pending.Length == 0)
        {
            _loop.Watch(_pipe, 0, this);
        }
    }

    /// <summary>Writes what fits. A command that has closed its end counts as having taken everything.</summary>
    private int Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
        {
            int done = 0;
            while (done < bytes.Length)
            {
                nint n = Libc.Write(_pipe, p + done, bytes.Length - done);
                if (n >= 0)
                {
                    done += (int)n;
                    continue;
                }

                int errno = Libc.Errno;
                if (errno == Errno.EAGAIN)
                {
                    break;
                }

                if (errno != Errno.EINTR)
                {
                    _loop.Close(ref _pipe); // EPIPE, of a terminal EIO: nobody reads any more.
                    return bytes.Length;
                }
            }

            return done;
        }
    }

    private void Watch()
    {
        if (!_loop.Watch(_pipe, Os.EPOLLOUT, this))
        {
            _connection.Fail(FailKind.ResourceExhausted, "epoll_ctl");
        }
    }

    private void ReturnCredit(int count)
    {
        _consumed += count;
        if (_consumed >= ProtocolLimits.WindowRefill && !_ended)
        {
            _connection.SendWindow(_channel, StreamId.StandardInput, _consumed);
            _window += _consumed;
            _consumed = 0;
        }
    }
}
