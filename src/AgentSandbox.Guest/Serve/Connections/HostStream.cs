using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Loop;

namespace AgentSandbox.Guest.Serve.Connections;

/// <summary>
/// The descriptors that a host is at the other end of: one socket for both directions, or what was the guest's standard input and output. Only
/// read(2) and write(2), which serve sockets, pipes and whatever an engine gives alike; SIGPIPE is ignored.
/// </summary>
internal sealed unsafe class HostStream
{
    /// <summary>Always asked for: without any event a descriptor would not be watched, and EPOLLHUP and EPOLLERR go unheard.</summary>
    private const uint EPOLLRDHUP = 0x2000;
    private readonly EventLoop _loop;
    private int _input;
    private int _output;

    /// <summary>Takes a connected, non-blocking socket over.</summary>
    public HostStream(EventLoop loop, int socket)
        : this(loop, socket, socket)
    {
    }

    /// <summary>Takes two non-blocking descriptors over.</summary>
    public HostStream(EventLoop loop, int input, int output)
    {
        _loop = loop;
        _input = input;
        _output = output;
    }

    /// <summary>False after <see cref="Close"/>.</summary>
    public bool IsOpen => _input >= 0;

    /// <summary>The event says that the host is gone: nothing to read, and nobody to write to.</summary>
    public static bool IsEnd(uint events) => (events & (Os.EPOLLHUP | Os.EPOLLERR | EPOLLRDHUP)) != 0;

    /// <summary>read(2): bytes, 0 at the end, -1 with errno.</summary>
    public nint Read(byte* buffer, nint size) => Libc.Read(_input, buffer, size);

    /// <summary>write(2): bytes, -1 with errno.</summary>
    public nint Write(byte* bytes, nint count) => Libc.Write(_output, bytes, count);

    /// <summary>Sets what to hear of; the end is always heard of.</summary>
    /// <returns>False when the kernel has no room, or the descriptor is nothing that can be waited for, such as /dev/null.</returns>
    public bool Watch(bool toRead, bool toWrite, IEventHandler handler)
    {
        uint read = toRead ? Os.EPOLLIN : 0;
        uint write = toWrite ? Os.EPOLLOUT : 0;
        return _input == _output
            ? _loop.Watch(_input, EPOLLRDHUP | read | write, handler)
            : _loop.Watch(_input, EPOLLRDHUP | read, handler) && _loop.Watch(_output, EPOLLRDHUP | write, handler);
    }

    /// <summary>Closes both.</summary>
    public void Close()
    {
        if (_output != _input)
        {
            _loop.Close(ref _output);
        }

        _loop.Close(ref _input);
        _output = -1;
    }
}
