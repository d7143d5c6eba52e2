using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Connections;
using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Channels;

/// <summary>Standard output or error of a command: read from its pipe when the host has credit and its connection is not backed up, and not before.</summary>
internal sealed unsafe class OutputStream : IEventHandler
{
    /// <summary>Frames sent before other descriptors get their turn.</summary>
    private const int FramesPerTurn = 8;

    /// <summary>Largest credit that a host can pile up, in bytes; more is an attempt to overflow.</summary>
    private const int LargestCredit = 1 << 30;

    private readonly EventLoop _loop;
    private readonly Connection _connection;
    private readonly CommandChannel _owner;
    private readonly StreamId _stream;
    private int _pipe;
    private readonly bool _isTerminal;
    private bool _leaderHasExited;
    private int _owed;
    private int _credit = ProtocolLimits.InitialWindow;

    public OutputStream(EventLoop loop, Connection connection, CommandChannel owner, StreamId stream, int pipe, bool isTerminal = false)
    {
        _isTerminal = isTerminal;
        _loop = loop;
        _connection = connection;
        _owner = owner;
        _stream = stream;
        _pipe = pipe;
    }

    /// <summary>False after end of file.</summary>
    public bool IsOpen => _pipe >= 0;

    /// <summary>Waits for the host: for credit, or to read what it was sent.</summary>
    public bool IsParked { get; private set; }

    /// <summary>Bytes that were in the pipe when the command's first process ended and are still to be sent.</summary>
    public int Owed => _isTerminal && _owed > 0 ? Math.Min(_owed, Available) : _owed; // What a terminal holds can be flushed away, tcflush(3).

    /// <summary>Bytes in the pipe now.</summary>
    public int Available
    {
        get
        {
            int count = 0;
            return IsOpen && Libc.Ioctl(_pipe, Os.FIONREAD, &count) == 0 ? count : 0;
        }
    }

    /// <summary>Starts or goes on watching the pipe.</summary>
    public void Watch()
    {
        if (IsOpen && !_loop.Watch(_pipe, Os.EPOLLIN, this))
        {
            _connection.Fail(FailKind.ResourceExhausted, "epoll_ctl");
        }
    }

    /// <summary>The host takes more.</summary>
    /// <exception cref="ProtocolViolationException">The credit is not positive, or more than any host needs.</exception>
    public void AddCredit(int credit)
    {
        if (credit <= 0 || credit > LargestCredit - _credit)
        {
            throw new ProtocolViolationException("A WINDOW frame with an impossible credit.");
        }

        _credit += credit;
        Resume();
    }

    /// <summary>Goes on where it had to wait, if it can.</summary>
    public void Resume()
    {
        if (IsParked && _credit > 0 && _connection.TakesData)
        {
            IsParked = false;
            Watch();
        }
    }

    /// <summary>From now on the bytes that are in the pipe are owed to the host.</summary>
    public void OnLeaderExit()
    {
        _owed = Available;
        _leaderHasExited = true;
    }

    /// <inheritdoc/>
    public void OnReady(int descriptor, uint events) => Pump();

    /// <summary>Sends what is there.</summary>
    public void Pump()
    {
        for (int i = 0; i < FramesPerTurn && IsOpen; i++)
        {
            int room = Math.Min(ProtocolLimits.MaxData, _credit);
            if (room == 0 || !_connection.TakesData)
            {
                _loop.Watch(_pipe, 0, this);
                IsParked = true;
                _owner.OnParked();
                return;
            }

            nint n = Read(room);
            if (n > 0)
            {
                Send((int)n);
                if (n < room && !_leaderHasExited)
                {
                    return; // The pipe is empty; if it is not, epoll says so at once.
                }
            }
            else if (n == 0)
            {
                End();
            }
            else if (Libc.Errno == Errno.EIO)
            {
                End(); // Nobody has the terminal open any more.
            }
            else if (Libc.Errno != Errno.EINTR)
            {
                return; // EAGAIN; a pipe's read end has no other errors.
            }
        }
    }

    /// <summary>Tells the host that nothing more comes, and closes or passes on the pipe. A terminal is hung up: who goes on writing gets an error.</summary>
    public void EndEarly(LeftoverPipes leftovers)
    {
        if (IsOpen)
        {
            _loop.Watch(_pipe, 0, this);
            if (_isTerminal)
            {
                _loop.Close(ref _pipe);
            }
            else
            {
                leftovers.Adopt(ref _pipe);
            }

            IsParked = false;
            _connection.SendEof(_owner.Id, _stream);
        }
    }

    /// <summary>Closes the pipe of a command that never came to be.</summary>
    public void Discard() => _loop.Close(ref _pipe);

    /// <summary>One read of a pipe; a terminal gives 4 KiB at a time, which are gathered so that each frame is not that small.</summary>
    private nint Read(int room)
    {
        byte* target = Scratch.Frame + ProtocolLimits.HeaderSize;
        nint count = Libc.Read(_pipe, target, room);
        while (_isTerminal && count > 0 && count < room)
        {
            nint n = Libc.Read(_pipe, target + count, (int)(room - count));
            if (n <= 0)
            {
                break; // An end, if it is one, is met again by the next read.
            }

            count += n;
        }

        return count;
    }

    private void Send(int count)
    {
        new FrameHeader(count, _owner.Id, FrameType.Data, (byte)_stream).Write(new Span<byte>(Scratch.Frame, ProtocolLimits.HeaderSize));
        _credit -= count;
        _owed = Math.Max(0, _owed - count);
        _connection.SendData(Scratch.Frame, ProtocolLimits.HeaderSize + count);
        _owner.OnOutput();
    }

    private void End()
    {
        _owed = 0;
        _loop.Close(ref _pipe);
        _connection.SendEof(_owner.Id, _stream);
        _owner.OnStreamEnd();
    }
}
