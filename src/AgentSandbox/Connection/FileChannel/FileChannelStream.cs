using AgentSandbox.Protocol.FileChannel;

namespace AgentSandbox.Connection.FileChannel;

/// <summary>
/// A duplex byte stream over files in two folders, of which each end writes one: for a virtual machine that shares folders with its host and
/// nothing else. One reader and one writer at a time. The other end is hostile: what it writes is checked, and what breaks a rule ends the channel.
/// This file is the stream; <c>FileChannelStream.Pump.cs</c> polls, acknowledges and ends.
/// </summary>
internal sealed partial class FileChannelStream : OneWayStream
{
    private readonly FileChannelOptions _options;
    private readonly SegmentReader _incoming;
    private readonly SegmentWriter _outgoing;
    private readonly object _gate = new();
    private readonly object _outgoingGate = new();
    private readonly SemaphoreSlim _readTurn = new(1, 1);
    private readonly SemaphoreSlim _writeTurn = new(1, 1);
    private readonly ByteRing _received = new();
    private readonly TaskCompletionSource<bool> _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<bool>? _wakeReader;
    private TaskCompletionSource<bool>? _wakeWriter;
    private Exception? _failure;
    private bool _otherClosed;
    private bool _isClosing;

    // Positions, under _gate. Sent and acknowledged change under _outgoingGate too, in the order in which the blocks are written.
    private long _arrived;
    private long _consumed;
    private long _acknowledged;
    private long _sent;
    private long _otherConsumed;
    private int _otherReading = 1;

    /// <summary>Starts this end.</summary>
    /// <param name="ownFolder">The folder that this end writes to; it exists, is empty, and belongs to the stream from now on.</param>
    /// <param name="openOther">Opens the folder that the other end writes to; null while it is not there.</param>
    /// <param name="options">What differs between the ends.</param>
    /// <exception cref="IOException">The first file can't be made.</exception>
    public FileChannelStream(string ownFolder, Func<IncomingFolder?> openOther, FileChannelOptions options)
    {
        _options = options;
        _outgoing = new SegmentWriter(ownFolder);
        _incoming = new SegmentReader(openOther, options.Clock);
        Completion = Task.Run(PumpAsync);
    }

    /// <summary>Completes when the files are closed and the own folder is removed. Never fails.</summary>
    public Task Completion { get; }

    /// <summary>Completes with the first block of the other end; fails with what ended the channel before it.</summary>
    public Task Greeted => _greeted.Task;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadCoreAsync(buffer.AsMemory(offset, count), cancellationToken);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteCoreAsync(buffer.AsMemory(offset, count), cancellationToken);

#if NET
    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(ReadCoreAsync(buffer, cancellationToken));

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => new(WriteCoreAsync(buffer, cancellationToken));

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        BeginClose();
        await Completion.ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }
#endif

    /// <summary>Begins to close: no more is read or written, and the own folder is removed once the other end has read everything, or does not for a while.</summary>
    public void BeginClose()
    {
        lock (_gate)
        {
            _isClosing = true;
            Wake();
        }

        Nudge();
    }

    /// <summary>Begins to close without waiting for the other end to read anything.</summary>
    public void Abandon()
    {
        Fail(new OperationCanceledException("The file channel was given up."));
        BeginClose();
    }

    /// <summary>Closes, and waits until that is done.</summary>
    /// <param name="disposing">False from a finalizer.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            BeginClose();
            Completion.GetAwaiter().GetResult();
        }

        base.Dispose(disposing);
    }

    private async Task<int> ReadCoreAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await _readTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (true)
            {
                Task wake;
                bool acknowledge;
                int count;
                lock (_gate)
                {
                    ThrowIfClosing();
                    count = _received.Read(buffer.Span);
                    _consumed += count;
                    acknowledge = _consumed - _acknowledged >= FileChannelLimits.AcknowledgeAfter;
                    if (count == 0 && buffer.Length > 0)
                    {
                        // What has arrived is delivered before the error that came after it.
                        if (_failure is not null)
                        {
                            throw _options.Translate(_failure);
                        }

                        if (_otherClosed)
                        {
                            return 0;
                        }
                    }

                    _wakeReader = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                    wake = _wakeReader.Task;
                }

                if (count > 0 || buffer.Length == 0)
                {
                    if (acknowledge)
                    {
                        TryAppend(BlockType.Acknowledge, default);
                    }

                    return count;
                }

                await WaitAsync(wake, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _readTurn.Release();
        }
    }

    private async Task WriteCoreAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        await _writeTurn.WaitAsync(cancellationToken).ConfigureAwait(false);
        byte[]? copy = null;
        try
        {
            while (buffer.Length > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Task wake;
                int credit;
                lock (_gate)
                {
                    ThrowIfClosing();
                    if (_failure is not null)
                    {
                        throw _options.Translate(_failure);
                    }

                    if (_otherClosed)
                    {
                        throw _options.Translate(new IOException("The other end of the file channel has closed it."));
                    }

                    credit = (int)Math.Min(FileChannelLimits.MaxPayload, _otherConsumed + FileChannelLimits.Window - _sent);
                    _wakeWriter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
                    wake = _wakeWriter.Task;
                }

                if (credit == 0)
                {
                    await WaitAsync(wake, cancellationToken).ConfigureAwait(false);
                    continue;
                }

                int count = Math.Min(credit, buffer.Length);
                if (!System.Runtime.InteropServices.MemoryMarshal.TryGetArray(buffer[..count], out ArraySegment<byte> payload))
                {
                    copy ??= new byte[FileChannelLimits.MaxPayload];
                    buffer[..count].CopyTo(copy);
                    payload = new ArraySegment<byte>(copy, 0, count);
                }

                TryAppend(BlockType.Data, payload); // When it fails, the next round throws what for.
                buffer = buffer[count..];
                Nudge();
            }

            lock (_gate)
            {
                if (_failure is not null)
                {
                    throw _options.Translate(_failure);
                }
            }
        }
        finally
        {
            _writeTurn.Release();
        }
    }

    private static async Task WaitAsync(Task wake, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
        {
            await wake.ConfigureAwait(false);
            return;
        }

        var cancelled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        using (cancellationToken.Register(() => cancelled.TrySetResult(true)))
        {
            await Task.WhenAny(wake, cancelled.Task).ConfigureAwait(false);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private void ThrowIfClosing()
    {
        _ = _isClosing ? throw new ObjectDisposedException(nameof(FileChannelStream)) : true;
    }

    private void Wake()
    {
        _wakeReader?.TrySetResult(true);
        _wakeWriter?.TrySetResult(true);
    }
}
