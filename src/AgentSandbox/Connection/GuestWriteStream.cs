using System.Buffers;
using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>
/// Standard input of a command. Writing waits for the guest's credit, so a command that does not read holds its writer up. After the command
/// has ended, or closed its standard input, writing throws an <see cref="IOException"/> as on a broken pipe. Disposing it sends end-of-file.
/// A cancelled write may have sent a part of its bytes.
/// </summary>
internal sealed class GuestWriteStream : OneWayStream
{
    /// <summary>Most credit that a guest may have outstanding: more is no flow control but an attempt to overflow a counter.</summary>
    private const long MaxCredit = 1L << 31;

    private readonly FrameWriter _writer;
    private readonly uint _channel;
    private readonly object _gate = new();
    private TaskCompletionSource? _waiter;
    private long _credit = ProtocolLimits.InitialWindow;
    private int _writing;
    private bool _completed;
    private bool _eofSent;
    private bool _broken;
    private bool _readerGone;
    private SandboxException? _failure;

    /// <summary>Creates a stream.</summary>
    /// <param name="writer">Sends the frames.</param>
    /// <param name="channel">The command.</param>
    public GuestWriteStream(FrameWriter writer, uint channel)
    {
        _writer = writer;
        _channel = channel;
    }

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <summary>Takes credit from the guest.</summary>
    /// <param name="credit">Bytes.</param>
    /// <exception cref="ProtocolViolationException">It is none, or too much.</exception>
    public void ReceiveWindow(uint credit)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            if (credit == 0 || _credit + credit > MaxCredit)
            {
                throw new ProtocolViolationException("WINDOW with no credit or too much.");
            }

            _credit += credit;
            waiter = TakeWaiter();
        }

        waiter?.TrySetResult();
    }

    /// <summary>Takes the guest's word that nothing reads standard input any more.</summary>
    /// <exception cref="ProtocolViolationException">It is the second.</exception>
    public void ReceiveEof()
    {
        lock (_gate)
        {
            if (_readerGone)
            {
                throw new ProtocolViolationException("A second EOF.");
            }

            _readerGone = true;
        }

        Break(null);
    }

    /// <summary>Makes every write fail from now on.</summary>
    /// <param name="failure">Why; null when the command has ended.</param>
    public void Break(SandboxException? failure)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            _broken = true;
            _failure ??= failure;
            waiter = TakeWaiter();
        }

        waiter?.TrySetResult();
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Enter();
        try
        {
            while (!buffer.IsEmpty)
            {
                if (!TryTakeCredit(buffer.Length, out int taken, out Task? more))
                {
                    await more.WaitAsync(cancellationToken);
                    continue;
                }

                await SendAsync(buffer[..taken], cancellationToken);
                buffer = buffer[taken..];
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        byte[] copy = ArrayPool<byte>.Shared.Rent(Math.Min(buffer.Length, ProtocolLimits.MaxData));
        try
        {
            while (!buffer.IsEmpty)
            {
                int count = Math.Min(buffer.Length, copy.Length);
                buffer[..count].CopyTo(copy);
                Write(copy, 0, count);
                buffer = buffer[count..];
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        TaskCompletionSource? waiter;
        bool sendEof;
        lock (_gate)
        {
            _completed = true;
            sendEof = ShouldSendEof();
            waiter = TakeWaiter();
        }

        waiter?.TrySetResult();
        SendEof(sendEof);
        base.Dispose(disposing);
    }

    private void Enter()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_completed, this);
            _writing++;
        }
    }

    private void Leave()
    {
        bool sendEof;
        lock (_gate)
        {
            _writing--;
            sendEof = ShouldSendEof();
        }

        SendEof(sendEof);
    }

    // The EOF of a stream that is disposed during a write must come after the write's last frame.
    private bool ShouldSendEof()
    {
        bool should = _completed && _writing == 0 && !_eofSent && !_broken;
        _eofSent |= should;
        return should;
    }

    private void SendEof(bool send)
    {
        if (send)
        {
            _ = _writer.TryWrite(FrameType.Eof, _channel, (byte)StreamId.StandardInput); // On an ended connection nobody waits for it.
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> part, CancellationToken cancellationToken)
    {
        try
        {
            await _writer.EnterBulkAsync(cancellationToken);
        }
        catch
        {
            lock (_gate)
            {
                _credit += part.Length;
            }

            throw;
        }

        try
        {
            if (!_writer.TryWriteData(_channel, part.Span))
            {
                ThrowIfBroken();
                throw GuestErrors.Disconnected("it was closed.");
            }
        }
        finally
        {
            _writer.LeaveBulk();
        }
    }

    private bool TryTakeCredit(int wanted, out int taken, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out Task? more)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_completed, this);
            ThrowIfBroken();
            taken = (int)Math.Min(Math.Min(wanted, ProtocolLimits.MaxData), _credit);
            if (taken > 0)
            {
                _credit -= taken;
                more = null;
                return true;
            }

            _waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            more = _waiter.Task;
            return false;
        }
    }

    private void ThrowIfBroken()
    {
        lock (_gate)
        {
            if (_broken)
            {
                throw _failure is null
                    ? new IOException("Broken pipe: the command has ended or closed its standard input.")
                    : GuestErrors.Again(_failure);
            }
        }
    }

    private TaskCompletionSource? TakeWaiter()
    {
        TaskCompletionSource? waiter = _waiter;
        _waiter = null;
        return waiter;
    }
}
