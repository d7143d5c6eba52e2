using System.Buffers;

namespace AgentSandbox.Guest.Serve.Loop;

/// <summary>
/// Bytes that could not be passed on at once. Takes its buffer from a pool when the first byte arrives and gives it back with the last, so
/// that an idle connection or command holds nothing. The bytes of all queues are counted together, <see cref="TotalQueued"/>.
/// </summary>
internal sealed class ByteQueue : IBufferWriter<byte>
{
    private const int SmallestBuffer = 4096;
    private byte[] _buffer = [];
    private int _head;
    private int _tail;

    /// <summary>Bytes in all queues of the process.</summary>
    public static long TotalQueued { get; private set; }

    /// <summary>Bytes in this queue.</summary>
    public int Length => _tail - _head;

    /// <summary>The bytes, oldest first. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(_head, Length);

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(GetSpan(bytes.Length));
        Advance(bytes.Length);
    }

    /// <summary>Removes the oldest bytes.</summary>
    public void Consume(int count)
    {
        _head += count;
        TotalQueued -= count;
        if (_head == _tail)
        {
            Release();
        }
    }

    /// <inheritdoc/>
    public void Advance(int count)
    {
        _tail += count;
        TotalQueued += count;
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_tail);
    }

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_tail);
    }

    /// <summary>Drops the bytes and gives the buffer back.</summary>
    public void Clear() => Consume(Length);

    private void Reserve(int count)
    {
        if (_buffer.Length - _tail >= count)
        {
            return;
        }

        int length = Length;
        if (_buffer.Length - length >= count && _head >= length)
        {
            // Free room in front, and no overlap: move instead of growing.
            _buffer.AsSpan(_head, length).CopyTo(_buffer);
        }
        else
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(length + count, Math.Max(SmallestBuffer, length * 2)));
            _buffer.AsSpan(_head, length).CopyTo(larger);
            Return();
            _buffer = larger;
        }

        _head = 0;
        _tail = length;
    }

    private void Release()
    {
        Return();
        _buffer = [];
        _head = 0;
        _tail = 0;
    }

    private void Return()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }
}
