namespace AgentSandbox.Copying;

/// <summary>
/// Gives the archive code, which reads and writes in plain loops on a thread of its own, a stream of a command, which is asynchronous.
/// Every call ends when the copy is cancelled. Sync over async is right here: the thread is not one of the pool's.
/// </summary>
internal sealed class BlockingStream(Stream inner, CancellationToken cancellationToken) : Stream
{
    // The archive code works in spans, a command's streams in arrays.
    private byte[] _buffer = [];

    /// <inheritdoc/>
    public override bool CanRead => inner.CanRead;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => inner.CanWrite;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Runs blocking work on a thread of its own.</summary>
    /// <param name="work">The work.</param>
    /// <returns>A task that ends with it.</returns>
    public static Task RunAsync(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        byte[] array = Buffer(buffer.Length);
        int read = Wait(inner.ReadAsync(array.AsMemory(0, buffer.Length), cancellationToken));
        array.AsSpan(0, read).CopyTo(buffer);
        return read;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Wait(inner.ReadAsync(buffer.AsMemory(offset, count), cancellationToken));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        byte[] array = Buffer(buffer.Length);
        buffer.CopyTo(array);
        Wait(inner.WriteAsync(array.AsMemory(0, buffer.Length), cancellationToken));
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Wait(inner.WriteAsync(buffer.AsMemory(offset, count), cancellationToken));

    /// <inheritdoc/>
    public override void Flush() => inner.FlushAsync(cancellationToken).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private static int Wait(ValueTask<int> task) => task.IsCompletedSuccessfully ? task.Result : task.AsTask().GetAwaiter().GetResult();

    private static void Wait(ValueTask task)
    {
        if (!task.IsCompletedSuccessfully)
        {
            task.AsTask().GetAwaiter().GetResult();
        }
    }

    private byte[] Buffer(int size)
    {
        if (_buffer.Length < size)
        {
            _buffer = new byte[Math.Max(size, 64 * 1024)];
        }

        return _buffer;
    }
}
