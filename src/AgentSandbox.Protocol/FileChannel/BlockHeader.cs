using System.Buffers.Binary;

namespace AgentSandbox.Protocol.FileChannel;

/// <summary>
/// The 40 bytes before each payload in a segment file, big-endian:
/// <c>u32 magic | u8 type | u24 zero | u32 length | u32 CRC-32 | i64 offset | i64 consumed | u32 segment | u32 reading</c>.
/// The checksum is over the header with zeros in its place, then the payload: a header that has arrived in part is found too.
/// </summary>
/// <param name="Type">What the block is.</param>
/// <param name="Length">Bytes of payload that follow; 0 for all but Data.</param>
/// <param name="Offset">Where in the stream the payload begins: the payloads before it, in bytes.</param>
/// <param name="Consumed">Bytes of the other direction that the writer's program has taken.</param>
/// <param name="Segment">The number of the segment that the block is in, so that no segment passes for another.</param>
/// <param name="Reading">The other direction's segment that the writer reads; those before it may be deleted.</param>
public readonly record struct BlockHeader(BlockType Type, int Length, long Offset, long Consumed, int Segment, int Reading)
{
    private const uint Magic = 0x41474643; // AGFC
    private const int ChecksumOffset = 12;

    /// <summary>Writes a block's header, the checksum included.</summary>
    /// <param name="block">Room for the header, then the payload of <see cref="Length"/> bytes, which is there already.</param>
    public void Write(Span<byte> block)
    {
        Span<byte> header = block[..FileChannelLimits.HeaderSize];
        BinaryPrimitives.WriteUInt32BigEndian(header, Magic);
        BinaryPrimitives.WriteUInt32BigEndian(header[4..], (uint)Type << 24);
        BinaryPrimitives.WriteInt32BigEndian(header[8..], Length);
        header.Slice(ChecksumOffset, sizeof(uint)).Clear();
        BinaryPrimitives.WriteInt64BigEndian(header[16..], Offset);
        BinaryPrimitives.WriteInt64BigEndian(header[24..], Consumed);
        BinaryPrimitives.WriteInt32BigEndian(header[32..], Segment);
        BinaryPrimitives.WriteInt32BigEndian(header[36..], Reading);
        uint crc = Crc32.Append(0, block[..(FileChannelLimits.HeaderSize + Length)]);
        BinaryPrimitives.WriteUInt32BigEndian(header[ChecksumOffset..], crc);
    }

    /// <summary>Reads and checks a header, so that a caller may wait for <see cref="Length"/> bytes without further thought. The checksum is not looked at.</summary>
    /// <param name="source">At least <see cref="FileChannelLimits.HeaderSize"/> bytes.</param>
    /// <returns>The header.</returns>
    /// <exception cref="ProtocolViolationException">A field is out of its range.</exception>
    public static BlockHeader Read(ReadOnlySpan<byte> source)
    {
        uint kind = BinaryPrimitives.ReadUInt32BigEndian(source[4..]);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(source[8..]);
        long offset = BinaryPrimitives.ReadInt64BigEndian(source[16..]);
        long consumed = BinaryPrimitives.ReadInt64BigEndian(source[24..]);
        uint segment = BinaryPrimitives.ReadUInt32BigEndian(source[32..]);
        uint reading = BinaryPrimitives.ReadUInt32BigEndian(source[36..]);
        var type = (BlockType)(kind >> 24);
        if (BinaryPrimitives.ReadUInt32BigEndian(source) != Magic)
        {
            throw new ProtocolViolationException("A block of the file channel has the wrong magic.");
        }

        if (type is < BlockType.Data or > BlockType.Close || (kind & 0xFFFFFF) != 0)
        {
            throw new ProtocolViolationException($"Unknown type 0x{kind:x8} of a block of the file channel.");
        }

        if (type == BlockType.Data ? length is 0 or > FileChannelLimits.MaxPayload : length != 0)
        {
            throw new ProtocolViolationException($"A {type} block of the file channel with {length} bytes.");
        }

        // Half the range is never reached, and sums of positions and lengths can't overflow.
        if (offset is < 0 or > long.MaxValue / 2 || consumed is < 0 or > long.MaxValue / 2)
        {
            throw new ProtocolViolationException("A position in the file channel is out of range.");
        }

        if (segment is 0 or > FileChannelLimits.LastSegment || reading is 0 or > FileChannelLimits.LastSegment)
        {
            throw new ProtocolViolationException("The number of a segment of the file channel is out of range.");
        }

        return new BlockHeader(type, (int)length, offset, consumed, (int)segment, (int)reading);
    }

    /// <summary>Whether a block is as its writer made it.</summary>
    /// <param name="block">Header and payload.</param>
    /// <returns>False when the checksum does not fit: the write has not arrived wholly, or never was one.</returns>
    public static bool HasValidChecksum(ReadOnlySpan<byte> block)
    {
        uint crc = Crc32.Append(0, block[..ChecksumOffset]);
        ReadOnlySpan<byte> zero = stackalloc byte[sizeof(uint)];
        crc = Crc32.Append(crc, zero);
        crc = Crc32.Append(crc, block[(ChecksumOffset + sizeof(uint))..]);
        return crc == BinaryPrimitives.ReadUInt32BigEndian(block[ChecksumOffset..]);
    }
}
