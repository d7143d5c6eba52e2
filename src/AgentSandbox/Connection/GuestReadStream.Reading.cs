using System.Diagnostics.CodeAnalysis;
using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>Reading, with and without waiting.</summary>
internal sealed partial class GuestReadStream
{
    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            if (TryRead(buffer, out int count, out Task? more))
            {
                return count;
            }

            more.Wait();
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        return TryRead(buffer.Span, out int count, out Task? more) ? new ValueTask<int>(count) : ReadLaterAsync(buffer, more, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    private async ValueTask<int> ReadLaterAsync(Memory<byte> buffer, Task more, CancellationToken cancellationToken)
    {
        while (true)
        {
            await more.WaitAsync(cancellationToken);
            if (TryRead(buffer.Span, out int count, out Task? next))
            {
                return count;
            }

            more = next;
        }
    }

    private bool TryRead(Span<byte> buffer, out int count, [NotNullWhen(false)] out Task? more)
    {
        int grant = 0;
        more = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            count = _bytes.Read(buffer);
            if (count == 0 && !buffer.IsEmpty)
            {
                if (_failure is not null)
                {
                    throw GuestErrors.Again(_failure);
                }

                if (!_ended)
                {
                    _waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    more = _waiter.Task;
                    return false;
                }
            }

            _consumed += count;
            _position += count;
            if (_consumed >= ProtocolLimits.WindowRefill && !_ended && !_creditIsFree)
            {
                grant = _consumed;
                _credit += grant;
                _consumed = 0;
            }
        }

        Grant(grant);
        return true;
    }
}
