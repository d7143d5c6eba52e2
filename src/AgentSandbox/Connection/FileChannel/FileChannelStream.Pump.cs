using AgentSandbox.Protocol;
using AgentSandbox.Protocol.FileChannel;

namespace AgentSandbox.Connection.FileChannel;

/// <summary>The loop of a channel: polls the other end's files, checks what they say, acknowledges, keeps alive, and cleans up at the end.</summary>
internal sealed partial class FileChannelStream
{
    private const int ShortestPoll = 1;
    private const int LongestPoll = 25;

    /// <summary>How long after the last block or write it polls without any wait, in milliseconds: on Windows the shortest wait may take 15.6.</summary>
    private const int SpinTime = 2;

    /// <summary>How long after the last block or write it polls at the shortest interval, in milliseconds.</summary>
    private const int BusyTime = 50;

    /// <summary>A pause of the loop so long is this machine's (it slept), not the other end's silence, in milliseconds.</summary>
    private const int OwnPause = 5000;

    /// <summary>Blocks taken before the loop looks at its clock again.</summary>
    private const int BlocksPerTurn = 64;

    private readonly SemaphoreSlim _nudge = new(0, 1);
    private long _lastBusy;
    private long _lastHeard;
    private long _lastTurn;
    private long _lastWritten;
    private bool _outgoingEnded;

    private async Task PumpAsync()
    {
        ChannelClock clock = _options.Clock;
        _lastBusy = _lastHeard = _lastTurn = _lastWritten = clock.Now;
        long closeBy = long.MaxValue;
        bool closeSent = false;
        int poll = ShortestPoll;
        TryAppend(BlockType.Acknowledge, default); // So that the other end sees that this one is there.
        while (true)
        {
            bool isBusy = Turn(clock.Now);
            if (State(out bool isClosing) && isClosing)
            {
                break; // Failed: nobody to wait for.
            }

            if (isClosing && !closeSent)
            {
                closeSent = true;
                closeBy = clock.Now + (long)FileChannelLimits.Linger.TotalMilliseconds;
                TryAppend(BlockType.Close, default);
            }

            if (closeSent && (clock.Now > closeBy || HasReadAll()))
            {
                break;
            }

            long quiet = clock.Now - _lastBusy;
            poll = quiet < SpinTime ? 0 : quiet < BusyTime ? ShortestPoll : Math.Min(Math.Max(poll, ShortestPoll) * 2, LongestPoll);
            if (!isBusy && await clock.WaitAsync(_nudge, poll).ConfigureAwait(false))
            {
                _lastBusy = clock.Now;
            }
        }

        await EndAsync().ConfigureAwait(false);
    }

    /// <summary>One turn of the loop.</summary>
    /// <returns>True when something came.</returns>
    private bool Turn(long now)
    {
        try
        {
            if (_failure is not null)
            {
                return false;
            }

            if (now - _lastTurn > OwnPause)
            {
                _lastHeard += now - _lastTurn;
            }

            _lastTurn = now;
            bool isBusy = !_otherClosed && Receive();
            if (isBusy)
            {
                _lastBusy = _lastHeard = now;
            }
            else if (!_otherClosed && now - _lastHeard > FileChannelLimits.DeadAfter.TotalMilliseconds)
            {
                throw new TimeoutException($"The other end of the file channel has written nothing for {FileChannelLimits.DeadAfter.TotalSeconds:0} s.");
            }

            if (now - Interlocked.Read(ref _lastWritten) > FileChannelLimits.KeepAlive.TotalMilliseconds)
            {
                TryAppend(BlockType.Acknowledge, default);
            }

            lock (_outgoingGate)
            {
                _outgoing.DeleteBefore(_otherReading);
            }

            return isBusy;
        }
        catch (Exception e)
        {
            // Nobody awaits this loop: whatever went wrong ends the channel and so reaches its reader and its writer.
            Fail(e);
            return false;
        }
    }

    private bool Receive()
    {
        int count = 0;
        while (count < BlocksPerTurn && !_otherClosed && _incoming.TryRead())
        {
            Take(_incoming.Header, _incoming.Payload);
            count++;
        }

        return count > 0;
    }

    private void Take(BlockHeader header, ReadOnlySpan<byte> payload)
    {
        lock (_gate)
        {
            if (header.Offset != _arrived)
            {
                throw new ProtocolViolationException("The blocks of the file channel do not follow each other.");
            }

            if (_arrived + header.Length > _acknowledged + FileChannelLimits.Window)
            {
                throw new ProtocolViolationException("More was written to the file channel than its window allows.");
            }

            if (header.Consumed < _otherConsumed || header.Consumed > _sent || header.Reading < _otherReading || header.Reading > _outgoing.Segment + 1)
            {
                throw new ProtocolViolationException("An acknowledgement of the file channel goes back, or is for what was not sent.");
            }

            _arrived += header.Length;
            _otherConsumed = header.Consumed;
            _otherReading = header.Reading;
            if (!_isClosing)
            {
                _received.Write(payload);
            }

            _otherClosed = header.Type == BlockType.Close;
            Wake();
        }

        _greeted.TrySetResult(true);
        if (header.Type == BlockType.Close)
        {
            _incoming.NextSegment();
        }

        if (header.Type is BlockType.Close or BlockType.Roll)
        {
            TryAppend(BlockType.Acknowledge, default); // The segment is done: its writer may delete it.
        }
    }

    /// <summary>Appends a block with the newest acknowledgement.</summary>
    private void TryAppend(BlockType type, ArraySegment<byte> payload)
    {
        try
        {
            lock (_outgoingGate)
            {
                if (_outgoingEnded)
                {
                    return;
                }

                long offset;
                long consumed;
                lock (_gate)
                {
                    offset = _sent;
                    consumed = _consumed;
                    _sent += payload.Count; // Before it is in the file: the acknowledgement may be faster than this thread.
                    _acknowledged = consumed; // As above: what the other end sends for it must find it here.
                }

                _outgoing.Append(type, payload, offset, consumed, _incoming.Segment);
                Interlocked.Exchange(ref _lastWritten, _options.Clock.Now);
                _outgoingEnded = type == BlockType.Close; // Nothing follows it.
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException)
        {
            Fail(e);
        }
    }

    private void Fail(Exception failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
            Wake();
        }

        lock (_outgoingGate)
        {
            _outgoingEnded = true;
        }

        if (_greeted.TrySetException(_options.Translate(failure)))
        {
            _ = _greeted.Task.Exception; // Whether anybody waits for the first block or not.
        }
    }

    private bool State(out bool isClosing)
    {
        lock (_gate)
        {
            isClosing = _isClosing;
            return _failure is not null;
        }
    }

    private bool HasReadAll()
    {
        lock (_gate)
        {
            return _otherClosed || _otherReading > _outgoing.Segment;
        }
    }

    private async Task EndAsync()
    {
        _incoming.Dispose();
        lock (_gate)
        {
            _received.Clear();
        }

        _greeted.TrySetCanceled();
        long giveUp = _options.Clock.Now + (long)FileChannelLimits.Linger.TotalMilliseconds;
        while (!TryRemove() && _options.Clock.Now < giveUp)
        {
            await _options.Clock.DelayAsync(LongestPoll).ConfigureAwait(false);
        }
    }

    /// <summary>Removes the own folder. On Windows that has to wait for the other end to close its files; whoever owns the folders' parent removes what is left.</summary>
    private bool TryRemove()
    {
        try
        {
            lock (_outgoingGate)
            {
                _outgoing.Remove();
            }

            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void Nudge()
    {
        try
        {
            _nudge.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }
}
