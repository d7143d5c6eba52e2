#if NETFRAMEWORK
using System.Buffers;
using System.Text;

namespace AgentSandbox;

/// <summary>Members that newer .NET has and the linked sources use, for .NET Framework. Each does what its namesake does.</summary>
internal static class NewerMembers
{
    /// <summary>MemoryExtensions.Contains.</summary>
    public static bool Contains(this ReadOnlySpan<byte> span, byte value) => span.IndexOf(value) >= 0;

    /// <summary>MemoryExtensions.Contains.</summary>
    public static bool Contains(this Span<byte> span, byte value) => span.IndexOf(value) >= 0;

    /// <summary>MemoryExtensions.IndexOfAnyExcept.</summary>
    public static int IndexOfAnyExcept(this ReadOnlySpan<byte> span, byte value)
    {
        for (int i = 0; i < span.Length; i++)
        {
            if (span[i] != value)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>MemoryExtensions.TrimStart.</summary>
    public static ReadOnlySpan<byte> TrimStart(this ReadOnlySpan<byte> span, ReadOnlySpan<byte> values)
    {
        int start = 0;
        while (start < span.Length && values.IndexOf(span[start]) >= 0)
        {
            start++;
        }

        return span.Slice(start);
    }

    /// <summary>MemoryExtensions.TrimEnd.</summary>
    public static ReadOnlySpan<byte> TrimEnd(this ReadOnlySpan<byte> span, ReadOnlySpan<byte> values)
    {
        int end = span.Length;
        while (end > 0 && values.IndexOf(span[end - 1]) >= 0)
        {
            end--;
        }

        return span.Slice(0, end);
    }

    /// <summary>MemoryExtensions.AsSpan with a range.</summary>
    public static Span<T> AsSpan<T>(this T[] array, Range range)
    {
        int start = range.Start.GetOffset(array.Length);
        return array.AsSpan(start, range.End.GetOffset(array.Length) - start);
    }

    /// <summary>Encoding.GetString of a span.</summary>
    public static unsafe string GetString(this Encoding encoding, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* p = bytes)
        {
            return bytes.IsEmpty ? "" : encoding.GetString(p, bytes.Length);
        }
    }

    /// <summary>Stream.Read into a span.</summary>
    public static int Read(this Stream stream, Span<byte> buffer)
    {
        byte[] array = ArrayPool<byte>.Shared.Rent(buffer.Length);
        try
        {
            int count = stream.Read(array, 0, buffer.Length);
            array.AsSpan(0, count).CopyTo(buffer);
            return count;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }

    /// <summary>Stream.Write of a span.</summary>
    public static void Write(this Stream stream, ReadOnlySpan<byte> buffer)
    {
        byte[] array = ArrayPool<byte>.Shared.Rent(buffer.Length);
        try
        {
            buffer.CopyTo(array);
            stream.Write(array, 0, buffer.Length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
#endif
