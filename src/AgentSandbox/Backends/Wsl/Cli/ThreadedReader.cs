using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Wsl.Cli;

/// <summary>
/// Reads a process's output on a thread of its own. On Windows the pipes of a process know no asynchronous reading: .NET then blocks a thread of the pool for each,
/// and a pool that is used up by waiting connections runs nothing else. One read at a time.
/// </summary>
internal sealed class ThreadedReader : OneWayStream
{
    private readonly Stream _inner;
    private readonly SemaphoreSlim _asked = new(0);
    private readonly byte[] _buffer = new byte[128 * 1024];
    private TaskCompletionSource<int>? _pending;
    private int _start;
    private int _end;
    private volatile bool _isDisposed;

    /// <summary>Starts the thread; it ends with the stream.</summary>
    /// <param name="inner">The stream; belongs to this from now on.</param>
    public ThreadedReader(Stream inner)
    {
        _inner = inner;
        new Thread(Run) { IsBackground = true, Name = "output of wsl.exe" }.Start();
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start == _end)
        {
            // One that was given up for its token goes on, and what it gets is the next one's.
            TaskCompletionSource<int>? pending = _pending;
            if (pending is null)
            {
                _pending = pending = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
                _asked.Release();
            }

            int read = await pending.Task.WaitAsync(cancellationToken);
            _pending = null;
            (_start, _end) = (0, read);
        }

        int count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsMemory(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _isDisposed = true;
            _asked.Release();
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Run()
    {
        while (true)
        {
            _asked.Wait();
            TaskCompletionSource<int>? pending = _pending;
            if (_isDisposed || pending is null)
            {
                pending?.TrySetResult(0);
                _asked.Dispose();
                return;
            }

            try
            {
                pending.TrySetResult(_inner.Read(_buffer, 0, _buffer.Length));
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                pending.TrySetException(new IOException("The output of wsl.exe can't be read.", e));
            }
        }
    }
}
