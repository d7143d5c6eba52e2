using System.Buffers.Binary;
using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Wsl.Wire;

/// <summary>
/// Bytes of no known length within a longer stream: blocks with their length before them, and one of length 0 at the end. Without that end the sender was cut
/// short, which an archive alone would not show. One direction per instance.
/// </summary>
/// <param name="inner">The longer stream; stays the caller's.</param>
internal sealed class ChunkedStream(Stream inner) : OneWayStream
{
    private const int MaxBlock = 1 << 20;
    private int _left;
    private bool _hasEnded;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_hasEnded || buffer.Length == 0)
        {
            return 0;
        }

        if (_left == 0)
        {
            Span<byte> head = stackalloc byte[sizeof(int)];
            inner.ReadExactly(head);
            _left = BinaryPrimitives.ReadInt32BigEndian(head);
            if (_left is < 0 or > MaxBlock)
            {
                throw new InvalidDataException("A block has an impossible length.");
            }

            if (_left == 0)
            {
                _hasEnded = true;
                return 0;
            }
        }

        int read = inner.Read(buffer[..Math.Min(buffer.Length, _left)]);
        _left -= read > 0 ? read : throw new EndOfStreamException("The sender was cut short.");
        return read;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            ReadOnlySpan<byte> block = buffer[..Math.Min(buffer.Length, MaxBlock)];
            WriteLength(block.Length);
            inner.Write(block);
            buffer = buffer[block.Length..];
        }
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Writes the end.</summary>
    public void WriteEnd()
    {
        WriteLength(0);
        inner.Flush();
    }

    private void WriteLength(int length)
    {
        Span<byte> head = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(head, length);
        inner.Write(head);
    }
}
