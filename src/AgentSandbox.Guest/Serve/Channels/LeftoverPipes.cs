using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.Loop;

namespace AgentSandbox.Guest.Serve.Channels;

/// <summary>
/// Output pipes that outlive their command, because a process in the background holds them. They are read to nowhere: closing them would end
/// a daemon by SIGPIPE, leaving them full would block it. Each is emptied now and then only, so that an endless writer costs next to nothing.
/// </summary>
internal sealed unsafe class LeftoverPipes : IEventHandler, ITimed
{
    private const int Most = 1024;
    private const int RestMilliseconds = 50;
    private const int PerTurn = 1024 * 1024;
    private readonly EventLoop _loop;
    private readonly int _nowhere = FileDescriptor.Open("/dev/null", Os.O_WRONLY);
    private readonly List<int> _pipes = [];
    private readonly List<int> _resting = [];
    private bool _isTimed;

    public LeftoverPipes(EventLoop loop) => _loop = loop;

    /// <summary>No process in the background holds a pipe any more.</summary>
    public bool IsEmpty => _pipes.Count == 0;

    /// <summary>Takes a pipe over. Beyond 1024 the one that was taken first is closed.</summary>
    /// <param name="descriptor">Unwatched read end; becomes -1.</param>
    public void Adopt(ref int descriptor)
    {
        if (descriptor < 0)
        {
            return;
        }

        if (_pipes.Count == Most)
        {
            Close(_pipes[0]);
        }

        _pipes.Add(descriptor);
        if (!_loop.Watch(descriptor, Os.EPOLLIN, this))
        {
            Rest(descriptor);
        }

        descriptor = -1;
    }

    /// <inheritdoc/>
    public void OnReady(int descriptor, uint events)
    {
        nint n = _nowhere >= 0
            ? Libc.Splice(descriptor, null, _nowhere, null, PerTurn, Os.SPLICE_F_NONBLOCK)
            : Libc.Read(descriptor, Scratch.Receive, Scratch.ReceiveSize);
        if (n > 0 || (n < 0 && Libc.Errno is Errno.EAGAIN or Errno.EINTR))
        {
            Rest(descriptor);
        }
        else
        {
            Close(descriptor);
        }
    }

    /// <inheritdoc/>
    public void OnTime(long now)
    {
        _isTimed = false;
        for (int i = _resting.Count - 1; i >= 0; i--)
        {
            if (_loop.Watch(_resting[i], Os.EPOLLIN, this))
            {
                _resting.RemoveAt(i);
            }
        }

        ArmTimer();
    }

    private void Rest(int descriptor)
    {
        _loop.Watch(descriptor, 0, this);
        _resting.Add(descriptor);
        ArmTimer();
    }

    private void ArmTimer()
    {
        if (!_isTimed && _resting.Count > 0)
        {
            _isTimed = true;
            _loop.CallAt(_loop.Now + RestMilliseconds, this);
        }
    }

    private void Close(int descriptor)
    {
        _pipes.Remove(descriptor);
        _resting.Remove(descriptor);
        _loop.Close(ref descriptor);
    }
}
