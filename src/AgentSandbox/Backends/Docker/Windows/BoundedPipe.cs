using AgentSandbox.Connection;
using AgentSandbox.Protocol;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>
/// Standard output or standard error of an exec. Holds at most <see cref="ProtocolLimits.InitialWindow"/> bytes: what is not read holds up the
/// command, never memory. An engine sends both streams over one connection, so one that nobody reads holds up the other as well.
/// </summary>
internal sealed class BoundedPipe : OneWayStream
{
    private const int Capacity = ProtocolLimits.InitialWindow;
    private readonly object _gate = new();
    private readonly ByteRing _bytes = new();
    private TaskCompletionSource? _changed;
    private SandboxException? _failure;
    private bool _hasEnded;
    private bool _hasDropped;
    private bool _isFree;
    private bool _isDisposed;
    private bool _isBlocked;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <summary>Bytes were dropped that a reader would have wanted.</summary>
    public bool HasDropped
    {
        get
        {
            lock (_gate)
            {
                return _hasDropped;
            }
        }
    }

    /// <summary>The command waits for the reader.</summary>
    public bool IsBlocked
    {
        get
        {
            lock (_gate)
            {
                return _isBlocked;
            }
        }
    }

    /// <summary>Takes bytes of the command; completes when there was room for all of them.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>A task that completes when they are taken.</returns>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Task wait = Task.CompletedTask;
            lock (_gate)
            {
                if (_isDisposed || _hasEnded)
                {
                    return;
                }

                int room = Math.Min(Capacity - _bytes.Count, bytes.Length);
                _bytes.Write(bytes.Span[..room]);
                bytes = bytes[room..];
                if (room > 0)
                {
                    Change();
                }

                if (!bytes.IsEmpty && _isFree)
                {
                    _hasDropped = true;
                    return;
                }

                if (!bytes.IsEmpty)
                {
                    _isBlocked = true;
                    wait = WaitForChange();
                }
            }

            await wait;
        }
    }

    /// <summary>From now on bytes that find no room are dropped: the end of a command that is being killed must not depend on a reader that may have gone.</summary>
    public void Free()
    {
        lock (_gate)
        {
            _isFree = true;
            Change();
        }
    }

    /// <summary>Ends the stream after the bytes that it holds.</summary>
    /// <param name="failure">Why; null when a reader shall see a plain end.</param>
    public void End(SandboxException? failure)
    {
        lock (_gate)
        {
            if (!_hasEnded)
            {
                _hasEnded = true;
                _failure = failure;
                Change();
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task wait;
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                if (_bytes.Count > 0 || buffer.IsEmpty)
                {
                    int count = _bytes.Read(buffer.Span);
                    Change();
                    return count;
                }

                if (_hasEnded)
                {
                    return _failure is null ? 0 : throw GuestErrors.Again(_failure);
                }

                wait = WaitForChange();
            }

            await wait.WaitAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        lock (_gate)
        {
            _isDisposed = true;
            _bytes.Clear();
            Change();
        }

        base.Dispose(disposing);
    }

    // Both sides wait on the same change and look again: at most one of them waits, since one waits for bytes and the other for none.
    private Task WaitForChange() => (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void Change()
    {
        _isBlocked = false;
        _changed?.TrySetResult();
        _changed = null;
    }
}
