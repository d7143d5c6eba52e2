using AgentSandbox.Protocol;
using AgentSandbox.WindowsGuest.Native;
using AgentSandbox.WindowsGuest.Serve.Connections;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.WindowsGuest.Serve.Commands;

/// <summary>
/// Carries the host's bytes to a command's standard input, on a thread of its own. What the command does not take waits here, at most a window;
/// the host gets credit for what was taken, and for what nobody will take any more.
/// </summary>
internal sealed class InputPump(GuestSession session, uint channel, bool isWanted)
{
    private readonly object _gate = new();
    private readonly Queue<byte[]> _pending = new();
    private SafeFileHandle? _pipe;
    private int _window = ProtocolLimits.InitialWindow;
    private int _consumed;
    private bool _ended;
    private bool _closed;
    private bool _threadIsDone;
    private uint _threadId;

    /// <summary>Begins to write, what has arrived before included.</summary>
    /// <param name="pipe">The writing end, which belongs to this from now on.</param>
    public void Start(SafeFileHandle pipe)
    {
        _pipe = pipe;
        new Thread(Run, 128 * 1024) { IsBackground = true, Name = $"input {channel}" }.Start();
    }

    /// <summary>Takes bytes of the host.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="ProtocolViolationException">They were not asked for, or are beyond the window.</exception>
    public void Receive(ReadOnlySpan<byte> bytes)
    {
        int dropped = 0;
        lock (_gate)
        {
            if (!isWanted || _ended)
            {
                throw new ProtocolViolationException("DATA for a standard input that has ended or was not asked for.");
            }

            _window -= bytes.Length;
            if (_window < 0)
            {
                throw new ProtocolViolationException("DATA beyond the window of standard input.");
            }

            if (_closed)
            {
                dropped = bytes.Length;
            }
            else
            {
                _pending.Enqueue(bytes.ToArray());
                Monitor.PulseAll(_gate);
            }
        }

        ReturnCredit(dropped);
    }

    /// <summary>The host sends nothing more.</summary>
    /// <exception cref="ProtocolViolationException">It has said so before, or nothing was asked for.</exception>
    public void End()
    {
        lock (_gate)
        {
            if (!isWanted || _ended)
            {
                throw new ProtocolViolationException("EOF for a standard input that has ended or was not asked for.");
            }

            _ended = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Nobody reads any more: drops what waits.</summary>
    public void Close()
    {
        int dropped;
        lock (_gate)
        {
            _closed = true;
            dropped = _pending.Sum(static c => c.Length);
            _pending.Clear();
            Monitor.PulseAll(_gate);
            if (_threadId != 0 && !_threadIsDone)
            {
                _ = Task.Run(CancelWriteAsync);
            }
        }

        ReturnCredit(dropped);
    }

    private void Run()
    {
        lock (_gate)
        {
            _threadId = Kernel32.GetCurrentThreadId();
        }

        while (Next() is { } chunk)
        {
            if (!Pipe.Write(_pipe!, chunk))
            {
                lock (_gate)
                {
                    _closed = true;
                }
            }

            ReturnCredit(chunk.Length);
        }

        _pipe!.Dispose();
        lock (_gate)
        {
            _threadIsDone = true;
        }

        Close(); // What has come since is dropped.
    }

    private byte[]? Next()
    {
        lock (_gate)
        {
            while (_pending.Count == 0 && !_ended && !_closed)
            {
                Monitor.Wait(_gate);
            }

            return _closed || _pending.Count == 0 ? null : _pending.Dequeue();
        }
    }

    /// <summary>Frees the thread from a write into a pipe that a process left behind holds and does not read.</summary>
    private async Task CancelWriteAsync()
    {
        nint thread = Kernel32.OpenThread(Kernel32.ThreadTerminate, 0, _threadId);
        if (thread == 0)
        {
            return; // It has ended.
        }

        try
        {
            // Again and again, since the thread may be just about to write.
            while (!Volatile.Read(ref _threadIsDone))
            {
                _ = Kernel32.CancelSynchronousIo(thread);
                await Task.Delay(10).ConfigureAwait(false);
            }
        }
        finally
        {
            _ = Kernel32.CloseHandle(thread);
        }
    }

    private void ReturnCredit(int count)
    {
        int credit;
        lock (_gate)
        {
            _consumed += count;
            if (_consumed < ProtocolLimits.WindowRefill || _ended)
            {
                return;
            }

            credit = _consumed;
            _window += credit;
            _consumed = 0;
        }

        session.SendWindow(channel, StreamId.StandardInput, credit);
    }
}
