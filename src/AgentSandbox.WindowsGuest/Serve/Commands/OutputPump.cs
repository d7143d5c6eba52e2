using AgentSandbox.Protocol;
using AgentSandbox.WindowsGuest.Native;
using AgentSandbox.WindowsGuest.Serve.Connections;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.WindowsGuest.Serve.Commands;

/// <summary>
/// Carries a command's output to the host, on a thread of its own, since an anonymous pipe can only be waited for. While the host gives no credit
/// nothing is read, so it is the command that waits. Once detached, what a process left behind still writes is read and thrown away: it must not
/// be stopped by a full pipe.
/// </summary>
internal sealed class OutputPump(GuestSession session, uint channel, StreamId stream, SafeFileHandle pipe, Action onEnd)
{
    private const int LargestCredit = 1 << 30;

    /// <summary>Guards the counters; held for moments.</summary>
    private readonly object _gate = new();

    /// <summary>Held while bytes are sent, so that nothing follows the EOF.</summary>
    private readonly object _sending = new();
    private int _credit = ProtocolLimits.InitialWindow;
    private long _taken;
    private long _sent;
    private long _owedUntil;
    private bool _isDetached;
    private bool _hasEnded;

    /// <summary>When bytes were last sent, by <see cref="GuestClock"/>.</summary>
    public long LastOutput { get; private set; } = GuestClock.Now;

    /// <summary>The pipe may still give something that the host wants.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate)
            {
                return !_hasEnded && !_isDetached;
            }
        }
    }

    /// <summary>It waits for the host: for credit, or for what was read to be sent.</summary>
    public bool IsParked
    {
        get
        {
            lock (_gate)
            {
                return !_hasEnded && !_isDetached && (_credit == 0 || _taken != _sent);
            }
        }
    }

    /// <summary>What was in the pipe when the first process ended is not all sent yet.</summary>
    public bool Owes
    {
        get
        {
            lock (_gate)
            {
                return !_hasEnded && !_isDetached && _sent < _owedUntil;
            }
        }
    }

    /// <summary>Bytes in the pipe.</summary>
    public int Available
    {
        get
        {
            lock (_gate)
            {
                return _hasEnded ? 0 : Pipe.Available(pipe);
            }
        }
    }

    /// <summary>Begins to read.</summary>
    public void Start() => new Thread(Run, 256 * 1024) { IsBackground = true, Name = $"{stream} {channel}" }.Start();

    /// <summary>The host may be sent more.</summary>
    /// <param name="credit">Bytes.</param>
    /// <exception cref="ProtocolViolationException">The credit is impossible.</exception>
    public void AddCredit(int credit)
    {
        lock (_gate)
        {
            if (credit <= 0 || credit > LargestCredit - _credit)
            {
                throw new ProtocolViolationException("A WINDOW frame with an impossible credit.");
            }

            _credit += credit;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The command's first process has ended: what is in the pipe now is owed to the host.</summary>
    public void OnLeaderExit()
    {
        lock (_gate)
        {
            _owedUntil = _taken + (_hasEnded ? 0 : Pipe.Available(pipe));
        }
    }

    /// <summary>Sends EOF if that has not been done; nothing follows it.</summary>
    public void Detach()
    {
        lock (_sending)
        {
            bool wasOpen;
            lock (_gate)
            {
                wasOpen = !_isDetached;
                _isDetached = true;
                Monitor.PulseAll(_gate);
            }

            if (wasOpen)
            {
                session.SendEof(channel, stream);
            }
        }
    }

    private void Run()
    {
        byte[] frame = new byte[ProtocolLimits.HeaderSize + ProtocolLimits.MaxData];
        int count;
        while ((count = Pipe.Read(pipe, frame, ProtocolLimits.HeaderSize, Room())) > 0)
        {
            lock (_gate)
            {
                _taken += count;
                _credit -= _isDetached ? 0 : count;
            }

            lock (_sending)
            {
                if (!_isDetached)
                {
                    new FrameHeader(count, channel, FrameType.Data, (byte)stream).Write(frame);
                    session.SendData(frame, ProtocolLimits.HeaderSize + count);
                }
            }

            lock (_gate)
            {
                _sent += count;
                LastOutput = GuestClock.Now;
            }
        }

        lock (_gate)
        {
            _hasEnded = true;
            pipe.Dispose();
        }

        Detach();
        onEnd();
    }

    /// <summary>Waits until something may be read.</summary>
    /// <returns>How much; only this thread makes it less.</returns>
    private int Room()
    {
        lock (_gate)
        {
            while (_credit == 0 && !_isDetached)
            {
                Monitor.Wait(_gate);
            }

            return _isDetached ? ProtocolLimits.MaxData : Math.Min(ProtocolLimits.MaxData, _credit);
        }
    }
}
