using System.Buffers;

namespace AgentSandbox.Connection;

/// <summary>
/// A first-in first-out queue of bytes over one pooled array, which is given back whenever the queue is empty: most commands write little,
/// and hundreds may be open. Many small writes share the array, so that its size depends on the bytes only. Not thread-safe.
/// </summary>
internal sealed class ByteRing
{
    private const int SmallestArray = 4096;

    private byte[] _array = [];
    private int _head;

    /// <summary>Bytes in the queue.</summary>
    public int Count { get; private set; }

    /// <summary>Adds bytes. The caller bounds how many.</summary>
    /// <param name="source">The bytes.</param>
    public void Write(ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty)
        {
            return;
        }

        EnsureRoom(source.Length);
        int tail = _head + Count;
        if (tail >= _array.Length)
        {
            tail -= _array.Length;
        }

        int first = Math.Min(source.Length, _array.Length - tail);
        source[..first].CopyTo(_array.AsSpan(tail));
        source[first..].CopyTo(_array);
        Count += source.Length;
    }

    /// <summary>Takes bytes.</summary>
    /// <param name="destination">Receives them.</param>
    /// <returns>How many were taken.</returns>
    public int Read(Span<byte> destination)
    {
        int taken = Math.Min(destination.Length, Count);
        if (taken == 0)
        {
            return 0;
        }

        int first = Math.Min(taken, _array.Length - _head);
        _array.AsSpan(_head, first).CopyTo(destination);
        _array.AsSpan(0, taken - first).CopyTo(destination[first..]);
        _head += taken;
        if (_head >= _array.Length)
        {
            _head -= _array.Length;
        }

        Count -= taken;
        if (Count == 0)
        {
            Clear();
        }

        return taken;
    }

    /// <summary>Forgets all bytes and gives the array back.</summary>
    public void Clear()
    {
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = [];
        _head = 0;
        Count = 0;
    }

    private void EnsureRoom(int more)
    {
        int needed = checked(Count + more);
        if (needed <= _array.Length)
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(SmallestArray, Math.Max(needed, _array.Length * 2)));
        int count = Count;
        int first = Math.Min(count, _array.Length - _head);
        _array.AsSpan(_head, first).CopyTo(larger);
        _array.AsSpan(0, count - first).CopyTo(larger.AsSpan(first));
        Clear();
        _array = larger;
        Count = count;
    }
}
