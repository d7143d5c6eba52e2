using System.Net.Sockets;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Hijack;

/// <summary>The streams of a process over a raw connection.</summary>
internal sealed class HijackedStream : MultiplexedStream
{
    private const int BufferSize = 32 * 1024;
    private readonly EngineConnection _connection;
    private readonly DockerEndpoint _endpoint;
    private readonly StdCopyDecoder _decoder = new();

    // Bytes that came along with a header: [_start, _end).
    private readonly byte[] _buffer;
    private int _start;
    private int _end;
    private int _isWriteClosed;
    private bool _isDisposed;

    /// <summary>Takes over a connection.</summary>
    /// <param name="connection">The connection; disposed of with the stream.</param>
    /// <param name="behind">Bytes that came behind the answer's head.</param>
    /// <param name="endpoint">Where the engine is, for messages.</param>
    public HijackedStream(EngineConnection connection, byte[] behind, DockerEndpoint endpoint)
    {
        (_connection, _endpoint) = (connection, endpoint);
        _buffer = new byte[Math.Max(BufferSize, behind.Length)];
        behind.CopyTo(_buffer, 0);
        _end = behind.Length;
    }

    /// <inheritdoc/>
    public override async ValueTask<(StandardStream Stream, int Count)> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfZero(buffer.Length);
        while (true)
        {
            if (_decoder.Remaining == 0)
            {
                _start += _decoder.Feed(_buffer.AsSpan(_start, _end - _start));
            }

            if (_decoder.Remaining > 0)
            {
                int count = (int)Math.Min(_decoder.Remaining, (uint)buffer.Length);
                if (_start < _end)
                {
                    count = Math.Min(count, _end - _start);
                    _buffer.AsMemory(_start, count).CopyTo(buffer);
                    _start += count;
                }
                else
                {
                    // Nothing is buffered: payload goes straight to where the caller wants it.
                    count = await ReceiveAsync(buffer[..count], cancellationToken);
                    if (count == 0)
                    {
                        throw EngineErrors.Broken(_endpoint, new EndOfStreamException("It ended within a frame."));
                    }
                }

                _decoder.Take(count);
                return (_decoder.Stream, count);
            }

            (_start, _end) = (0, await ReceiveAsync(_buffer, cancellationToken));
            if (_end == 0)
            {
                _decoder.ThrowUnfinishedError();
                return _decoder.IsAtBoundary ? (StandardStream.Output, 0) : throw EngineErrors.Broken(_endpoint, new EndOfStreamException("It ended within a frame."));
            }
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _isWriteClosed) != 0)
        {
            throw new InvalidOperationException("Standard input was ended.");
        }

        try
        {
            // An empty write is the end of the input on a named pipe, and nothing elsewhere.
            if (bytes.Length > 0)
            {
                await _connection.Stream.WriteAsync(bytes, cancellationToken);
            }
        }
        catch (IOException e) when (!_isDisposed)
        {
            throw EngineErrors.Broken(_endpoint, e);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask CloseWriteAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isWriteClosed, 1) != 0)
        {
            return;
        }

        try
        {
            await _connection.CloseWriteAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or SocketException && !_isDisposed)
        {
            // The engine has closed the connection, so nobody is left to be told of an end. The reader sees how it ended.
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _isDisposed = true;
        _connection.Dispose();
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _connection.Stream.ReadAsync(buffer, cancellationToken);
        }
        catch (IOException e) when (!_isDisposed)
        {
            // A process that ends without having read all its input leaves input unread in the engine's socket too: the kernel then says "reset"
            // where it would have said "end". Within a frame it is a break.
            return e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset } && _decoder.IsAtBoundary
                ? 0
                : throw EngineErrors.Broken(_endpoint, e);
        }
    }
}
