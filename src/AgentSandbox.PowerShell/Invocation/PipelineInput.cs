namespace AgentSandbox.PowerShell.Invocation;

/// <summary>
/// What the pipeline sends to a command's standard input. The pipeline thread appends, a worker reads; bounded, so that a fast
/// pipeline and a slow command meet at the pace of the command.
/// </summary>
/// <param name="onRoom">Called when there is room again.</param>
internal sealed class PipelineInput(Action onRoom) : Stream
{
    private const int Capacity = 1024 * 1024;

    private readonly object _lock = new();
    private readonly byte[] _ring = new byte[Capacity];
    private readonly SemaphoreSlim _changed = new(0);
    private int _start;
    private int _count;
    private bool _complete;
    private bool _abandoned;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Takes as much as there is room for; everything once nobody reads any more, as a shell lets a command ignore its input.</summary>
    /// <returns>Bytes taken.</returns>
    public int Append(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            if (_abandoned)
            {
                return data.Length;
            }

            int taken = Math.Min(data.Length, Capacity - _count);
            int end = (_start + _count) % Capacity;
            int first = Math.Min(taken, Capacity - end);
            data[..first].CopyTo(_ring.AsSpan(end));
            data[first..taken].CopyTo(_ring);
            _count += taken;
            Signal();
            return taken;
        }
    }

    /// <summary>No more comes: the reader gets end-of-file after what is there.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _complete = true;
            Signal();
        }
    }

    /// <summary>Nobody reads any more.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            _abandoned = true;
            _count = 0;
            Signal();
        }

        onRoom();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            int taken;
            bool wasFull;
            lock (_lock)
            {
                wasFull = _count == Capacity;
                taken = Take(buffer.Span);
                if (taken == 0 && (_complete || _abandoned || buffer.IsEmpty))
                {
                    return 0;
                }
            }

            if (taken > 0)
            {
                if (wasFull)
                {
                    onRoom();
                }

                return taken;
            }

            await _changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Abandon();
        }

        base.Dispose(disposing);
    }

    private int Take(Span<byte> buffer)
    {
        int taken = Math.Min(buffer.Length, _count);
        int first = Math.Min(taken, Capacity - _start);
        _ring.AsSpan(_start, first).CopyTo(buffer);
        _ring.AsSpan(0, taken - first).CopyTo(buffer[first..]);
        _start = (_start + taken) % Capacity;
        _count -= taken;
        return taken;
    }

    private void Signal()
    {
        if (_changed.CurrentCount == 0)
        {
            _changed.Release();
        }
    }
}
