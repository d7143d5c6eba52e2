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
    private bool _leaderHasExited;
    private int _credit = ProtocolLimits.InitialWindow;

    public OutputStream(EventLoop loop, Connection connection, CommandChannel owner, StreamId stream, int pipe)
    {
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
    public int Owed { get; private set; }

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
        Owed = Available;
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

            nint n = Libc.Read(_pipe, Scratch.Frame + ProtocolLimits.HeaderSize, room);
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
            else if (Libc.Errno != Errno.EINTR)
            {
                return; // EAGAIN; a pipe's read end has no other errors.
            }
        }
    }

    /// <summary>Tells the host that nothing more comes, and closes or passes on the pipe.</summary>
    public void EndEarly(LeftoverPipes leftovers)
    {
        if (IsOpen)
        {
            _loop.Watch(_pipe, 0, this);
            leftovers.Adopt(ref _pipe);
            IsParked = false;
            _connection.SendEof(_owner.Id, _stream);
        }
    }

    /// <summary>Closes the pipe of a command that never came to be.</summary>
    public void Discard() => _loop.Close(ref _pipe);

    private void Send(int count)
    {
        new FrameHeader(count, _owner.Id, FrameType.Data, (byte)_stream).Write(new Span<byte>(Scratch.Frame, ProtocolLimits.HeaderSize));
        _credit -= count;
        Owed = Math.Max(0, Owed - count);
        _connection.SendData(Scratch.Frame, ProtocolLimits.HeaderSize + count);
        _owner.OnOutput();
    }

    private void End()
    {
        Owed = 0;
        _loop.Close(ref _pipe);
        _connection.SendEof(_owner.Id, _stream);
        _owner.OnStreamEnd();
    }
}
