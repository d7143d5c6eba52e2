using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>
/// Standard output or standard error of a command. Holds at most <see cref="ProtocolLimits.InitialWindow"/> bytes: the guest gets new credit
/// only as they are read, so a reader that stops holds up its own command and nothing else. Disposing it drops what comes after.
/// This file holds the guest's side, <c>GuestReadStream.Reading.cs</c> the reader's.
/// </summary>
internal sealed partial class GuestReadStream : OneWayStream
{
    private readonly Action<int> _grant;
    private readonly object _gate = new();
    private readonly ByteRing _bytes = new();
    private TaskCompletionSource? _waiter;
    private SandboxException? _failure;

    /// <summary>Bytes that the guest may still send.</summary>
    private int _credit = ProtocolLimits.InitialWindow;

    /// <summary>Bytes that were read, and for which no credit was given yet.</summary>
    private int _consumed;

    /// <summary>All bytes that were read.</summary>
    private long _position;

    private bool _creditIsFree;
    private bool _ended;
    private bool _dropped;
    private bool _disposed;

    /// <summary>Creates a stream.</summary>
    /// <param name="grant">Gives the guest credit; must not wait.</param>
    public GuestReadStream(Action<int> grant) => _grant = grant;

    /// <summary>The guest has said that nothing more comes.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _ended;
            }
        }
    }

    /// <summary>Bytes were dropped that a reader would have wanted.</summary>
    public bool HasDropped
    {
        get
        {
            lock (_gate)
            {
                return _dropped;
            }
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <summary>Where the reader is when the guest has to wait for it; null while the guest may send.</summary>
    public long? BlockedAt
    {
        get
        {
            lock (_gate)
            {
                return _credit == 0 && !_ended ? _position : null;
            }
        }
    }

    /// <summary>Takes bytes from the guest.</summary>
    /// <param name="payload">The bytes.</param>
    /// <exception cref="ProtocolViolationException">The guest sends more than it has credit for, or after its end-of-file.</exception>
    public void Receive(ReadOnlySpan<byte> payload)
    {
        int grant = 0;
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            if (_ended)
            {
                throw new ProtocolViolationException("DATA after EOF.");
            }

            if (payload.Length > _credit)
            {
                throw new ProtocolViolationException("DATA beyond the credit.");
            }

            _credit -= payload.Length;
            if (_disposed)
            {
                payload = default;
            }
            else if (payload.Length > ProtocolLimits.InitialWindow - _bytes.Count)
            {
                // Only possible when the credit is free: else the unread bytes are part of the credit already used.
                payload = payload[..(ProtocolLimits.InitialWindow - _bytes.Count)];
                _dropped = true;
            }

            _bytes.Write(payload);
            if (_creditIsFree && ProtocolLimits.InitialWindow - _credit >= ProtocolLimits.WindowRefill)
            {
                grant = ProtocolLimits.InitialWindow - _credit;
                _credit += grant;
            }

            waiter = TakeWaiter();
        }

        waiter?.TrySetResult();
        Grant(grant);
    }

    /// <summary>Takes the guest's end-of-file.</summary>
    /// <exception cref="ProtocolViolationException">It is the second.</exception>
    public void ReceiveEof()
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            if (_ended)
            {
                throw new ProtocolViolationException("A second EOF.");
            }

            _ended = true;
            waiter = TakeWaiter();
        }

        waiter?.TrySetResult();
    }

    /// <summary>Ends the stream after the bytes that it holds, whatever the guest says: nothing more is waited for.</summary>
    /// <param name="failure">Why; null when a reader shall see a plain end.</param>
    public void End(SandboxException? failure)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _ended = true;
            _failure = failure;
            waiter = TakeWaiter();
        }

        waiter?.TrySetResult();
    }

    /// <summary>
    /// Gives credit from now on as bytes arrive, and drops those that find no room. For a command that is being killed: its end must not
    /// depend on a reader that may have gone.
    /// </summary>
    public void FreeCredit()
    {
        int grant = 0;
        lock (_gate)
        {
            if (_creditIsFree || _ended)
            {
                return;
            }

            _creditIsFree = true;
            grant = ProtocolLimits.InitialWindow - _credit;
            _credit += grant;
        }

        Grant(grant);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            _disposed = true;
            _bytes.Clear();
            waiter = TakeWaiter();
        }

        waiter?.TrySetResult();
        FreeCredit();
        base.Dispose(disposing);
    }

    private TaskCompletionSource? TakeWaiter()
    {
        TaskCompletionSource? waiter = _waiter;
        _waiter = null;
        return waiter;
    }

    // Outside the lock: sending may find that the connection has failed, which comes back to End.
    private void Grant(int bytes)
    {
        if (bytes > 0)
        {
            _grant(bytes);
        }
    }
}
