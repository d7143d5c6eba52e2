using System.Buffers;

namespace AgentSandbox.WindowsGuest.Serve.Connections;

/// <summary>Where a frame is put together: .NET Framework has no ArrayBufferWriter.</summary>
internal sealed class FrameBuffer : IBufferWriter<byte>
{
    private const int SmallestArray = 256;

    /// <summary>Holds what was written, from its start.</summary>
    public byte[] Array { get; private set; } = [];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <inheritdoc/>
    public void Advance(int count) => Length += count;

    /// <inheritdoc/>
    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        int needed = Length + Math.Max(sizeHint, 1);
        if (needed > Array.Length)
        {
            byte[] larger = new byte[Math.Max(SmallestArray, Math.Max(needed, Array.Length * 2))];
            Array.AsSpan(0, Length).CopyTo(larger);
            Array = larger;
        }

        return Array.AsMemory(Length);
    }

    /// <inheritdoc/>
    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
