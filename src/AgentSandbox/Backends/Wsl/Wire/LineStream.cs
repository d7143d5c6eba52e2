using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Wsl.Wire;

/// <summary>Reads lines from a stream, bounded, and then whatever follows them as bytes: nothing that was read ahead is lost.</summary>
/// <param name="inner">The stream; belongs to this from now on.</param>
internal sealed class LineStream(Stream inner) : OneWayStream
{
    private byte[] _buffer = new byte[16384];
    private int _start;
    private int _end;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <summary>Reads up to the next line feed.</summary>
    /// <param name="maxLength">Bytes that a line may have.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>The line without its end, valid until the next call; null at the end of the stream, when no line has begun.</returns>
    /// <exception cref="InvalidDataException">The line is too long, or the stream ends in it.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadLineAsync(int maxLength, CancellationToken cancellationToken)
    {
        for (int seen = 0; ;)
        {
            int at = _buffer.AsSpan(_start + seen, _end - _start - seen).IndexOf((byte)'\n');
            if (at >= 0)
            {
                ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, seen + at);
                _start += line.Length + 1;
                return line.Length <= maxLength ? line : throw TooLong(maxLength);
            }

            seen = _end - _start;
            if (seen > maxLength)
            {
                throw TooLong(maxLength);
            }

            MakeRoom();
            int read = await inner.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                return seen == 0 ? null : throw new InvalidDataException("The stream ended within a line.");
            }

            _end += read;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int kept = TakeKept(buffer.Span);
        return kept > 0 || buffer.Length == 0 ? ValueTask.FromResult(kept) : inner.ReadAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        int kept = TakeKept(buffer);
        return kept > 0 || buffer.Length == 0 ? kept : inner.Read(buffer);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private static InvalidDataException TooLong(int maxLength) => new($"A line has more than {maxLength} bytes.");

    private int TakeKept(Span<byte> buffer)
    {
        int kept = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, kept).CopyTo(buffer);
        _start += kept;
        return kept;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }
}
