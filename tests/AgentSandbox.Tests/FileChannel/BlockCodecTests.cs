using System.Text;
using AgentSandbox.Protocol;
using AgentSandbox.Protocol.FileChannel;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.FileChannel;

public sealed class BlockCodecTests(ITestOutputHelper output)
{
    [Fact]
    public void The_layout_is_pinned()
    {
        byte[] block = new byte[FileChannelLimits.HeaderSize + 3];
        "abc"u8.CopyTo(block.AsSpan(FileChannelLimits.HeaderSize));
        new BlockHeader(BlockType.Data, 3, 0x0102030405060708, 9, 10, 11).Write(block);

        Assert.Equal("41474643" + "01000000" + "00000003", Convert.ToHexString(block, 0, 12));
        Assert.Equal("0102030405060708" + "0000000000000009" + "0000000A" + "0000000B" + "616263", Convert.ToHexString(block, 16, 27));
        Assert.True(BlockHeader.HasValidChecksum(block));
    }

    [Fact]
    public void The_checksum_is_the_CRC_32_of_zip()
    {
        // Against the shortest way to compute it, which itself is checked with the value that descriptions of CRC-32 give.
        byte[] block = new byte[FileChannelLimits.HeaderSize + 9];
        Encoding.ASCII.GetBytes("123456789").CopyTo(block, FileChannelLimits.HeaderSize);
        new BlockHeader(BlockType.Data, 9, 0, 0, 1, 1).Write(block);
        byte[] expected = block[12..16];
        block.AsSpan(12, 4).Clear();

        Assert.Equal(Convert.ToHexString(expected), SlowCrc(block).ToString("X8"));
        Assert.Equal("CBF43926", SlowCrc(Encoding.ASCII.GetBytes("123456789")).ToString("X8"));
    }

    [Fact]
    public void Headers_survive()
    {
        Random random = Seeded.Create(output);
        byte[] block = new byte[FileChannelLimits.HeaderSize + FileChannelLimits.MaxPayload];
        for (int round = 0; round < 500; round++)
        {
            random.NextBytes(block);
            BlockHeader header = RandomHeader(random);
            header.Write(block);
            Span<byte> whole = block.AsSpan(0, FileChannelLimits.HeaderSize + header.Length);

            Assert.Equal(header, BlockHeader.Read(whole));
            Assert.True(BlockHeader.HasValidChecksum(whole));

            whole[random.Next(whole.Length)] ^= (byte)(1 << random.Next(8));
            Assert.False(BlockHeader.HasValidChecksum(whole));
        }
    }

    [Fact]
    public void Random_headers_are_refused_or_within_their_bounds()
    {
        Random random = Seeded.Create(output);
        int accepted = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = new byte[FileChannelLimits.HeaderSize + FileChannelLimits.MaxPayload];
            RandomHeader(random).Write(bytes);
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                bytes[random.Next(FileChannelLimits.HeaderSize)] = (byte)random.Next(256);
            }

            try
            {
                BlockHeader header = BlockHeader.Read(bytes);
                accepted++;
                Assert.InRange(header.Type, BlockType.Data, BlockType.Close);
                Assert.InRange(header.Length, header.Type == BlockType.Data ? 1 : 0, header.Type == BlockType.Data ? FileChannelLimits.MaxPayload : 0);
                Assert.InRange(header.Offset, 0, long.MaxValue / 2);
                Assert.InRange(header.Consumed, 0, long.MaxValue / 2);
                Assert.InRange(header.Segment, 1, FileChannelLimits.LastSegment);
                Assert.InRange(header.Reading, 1, FileChannelLimits.LastSegment);
            }
            catch (ProtocolViolationException)
            {
            }
        }

        Assert.InRange(accepted, 1000, 19_000);
    }

    [Fact]
    public void Names_of_segments_and_channels()
    {
        Assert.Equal("00000001.seg", SegmentName.Of(1));
        Assert.Equal("99999999.seg", SegmentName.Of(FileChannelLimits.LastSegment));
        Assert.Throws<ArgumentOutOfRangeException>(() => SegmentName.Of(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => SegmentName.Of(FileChannelLimits.LastSegment + 1));
        Assert.True(SegmentName.IsId("0123456789abcdef"));
        foreach (string? name in new[] { null, "", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "../3456789abcdef", "0123456789abcde\0", "٠123456789abcdef" })
        {
            Assert.False(SegmentName.IsId(name));
        }
    }

    private static BlockHeader RandomHeader(Random random)
    {
        var type = (BlockType)random.Next(1, 5);
        int length = type == BlockType.Data ? random.Next(1, FileChannelLimits.MaxPayload + 1) : 0;
        return new BlockHeader(
            type, length, random.NextInt64(long.MaxValue / 2), random.NextInt64(long.MaxValue / 2),
            random.Next(1, FileChannelLimits.LastSegment + 1), random.Next(1, FileChannelLimits.LastSegment + 1));
    }

    private static uint SlowCrc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc ^= b;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
            }
        }

        return ~crc;
    }
}
