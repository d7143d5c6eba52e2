using System.Buffers.Binary;

namespace AgentSandbox.Copying.Archive;

/// <summary>One 512-byte header of POSIX.1-1988 ustar, with GNU's binary numbers; tar(5). Reading and writing, no I/O.</summary>
internal static class TarBlock
{
    /// <summary>Bytes of a block; content is padded to a multiple of it.</summary>
    public const int Size = 512;

    private const int ChecksumAt = 148;
    private const int MaxNameField = 100;

    /// <summary>Largest number that 11 octal digits hold.</summary>
    public const long MaxOctal = 0x1_FFFF_FFFF;

    /// <summary>The end of an archive is marked by blocks of zeros.</summary>
    /// <param name="block">The block.</param>
    /// <returns>True when it is one.</returns>
    public static bool IsZero(ReadOnlySpan<byte> block) => block.IndexOfAnyExcept((byte)0) < 0;

    /// <summary>Compares the header's sum with its bytes.</summary>
    /// <param name="block">The block.</param>
    /// <returns>True when it is a header.</returns>
    public static bool HasValidChecksum(ReadOnlySpan<byte> block) =>
        TryNumber(block.Slice(ChecksumAt, 8), out long expected) && expected == Checksum(block);

    /// <summary>Type of the entry.</summary>
    /// <param name="block">The block.</param>
    /// <returns>The type flag.</returns>
    public static byte Type(ReadOnlySpan<byte> block) => block[156];

    /// <summary>Path, joined from prefix and name.</summary>
    /// <param name="block">The block.</param>
    /// <returns>The bytes.</returns>
    public static byte[] Path(ReadOnlySpan<byte> block)
    {
        ReadOnlySpan<byte> name = Text(block[..MaxNameField]);

        // Only POSIX's magic ("ustar" NUL) has a prefix; GNU's ("ustar  ") keeps times in its place.
        ReadOnlySpan<byte> prefix = block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(block.Slice(345, 155)) : default;
        return prefix.IsEmpty ? name.ToArray() : [.. prefix, (byte)'/', .. name];
    }

    /// <summary>Target of a link.</summary>
    /// <param name="block">The block.</param>
    /// <returns>The bytes.</returns>
    public static byte[] LinkTarget(ReadOnlySpan<byte> block) => Text(block.Slice(157, MaxNameField)).ToArray();

    /// <summary>Reads a number of the header.</summary>
    /// <param name="block">The block.</param>
    /// <param name="field">Which.</param>
    /// <returns>The number.</returns>
    /// <exception cref="ArchiveException">It is none, or does not fit 64 bits.</exception>
    public static long Number(ReadOnlySpan<byte> block, TarNumber field)
    {
        (int at, int length) = field switch
        {
            TarNumber.Mode => (100, 8),
            TarNumber.User => (108, 8),
            TarNumber.Group => (116, 8),
            TarNumber.Size => (124, 12),
            _ => (136, 12),
        };
        return TryNumber(block.Slice(at, length), out long value) ? value : throw new ArchiveException(ArchiveFault.Damaged, $"A header of the archive has no valid {field}.");
    }

    /// <summary>Writes a header.</summary>
    /// <param name="block">Where to.</param>
    /// <param name="type">Type flag.</param>
    /// <param name="path">Cut to 100 bytes; a longer one needs an extended header before this one.</param>
    /// <param name="target">Target of a link; cut likewise.</param>
    /// <param name="size">Bytes of content; 0 is written where it does not fit, and an extended header needed.</param>
    /// <param name="mode">Permissions.</param>
    /// <param name="modified">Seconds since 1970; out of range becomes 0.</param>
    public static void Write(Span<byte> block, byte type, ReadOnlySpan<byte> path, ReadOnlySpan<byte> target, long size, uint mode, long modified)
    {
        block.Clear();
        path[..Math.Min(path.Length, MaxNameField)].CopyTo(block);
        Octal(block.Slice(100, 8), mode);
        Octal(block.Slice(108, 8), 0);
        Octal(block.Slice(116, 8), 0);
        Octal(block.Slice(124, 12), size <= MaxOctal ? size : 0);
        Octal(block.Slice(136, 12), modified is >= 0 and <= MaxOctal ? modified : 0);
        block[156] = type;
        target[..Math.Min(target.Length, MaxNameField)].CopyTo(block[157..]);
        "ustar\00000"u8[..8].CopyTo(block[257..]);
        Octal(block.Slice(ChecksumAt, 7), Checksum(block));
        block[ChecksumAt + 7] = (byte)' ';
    }

    /// <summary>Says whether a path or target fits the header.</summary>
    /// <param name="text">Path or target.</param>
    /// <returns>True when it does.</returns>
    public static bool Fits(ReadOnlySpan<byte> text) => text.Length <= MaxNameField;

    private static long Checksum(ReadOnlySpan<byte> block)
    {
        // The sum is over the header with eight spaces in place of the sum.
        long sum = 8 * ' ';
        for (int i = 0; i < Size; i++)
        {
            sum += i is >= ChecksumAt and < ChecksumAt + 8 ? 0 : block[i];
        }

        return sum;
    }

    private static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private static void Octal(Span<byte> field, long value)
    {
        for (int i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }
    }

    private static bool TryNumber(ReadOnlySpan<byte> field, out long value)
    {
        value = 0;
        if ((field[0] & 0x80) != 0)
        {
            // GNU: two's complement, big-endian, with the top bit set. Only the low 64 bits may say anything.
            byte fill = (field[0] & 0x40) != 0 ? (byte)0xff : (byte)0;
            value = BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return field.Length == 8
                ? TrimTopBit(ref value)
                : (fill == 0 ? field[0] == 0x80 : field[0] == 0xff) && field[1..^8].IndexOfAnyExcept(fill) < 0 && (value < 0) == (fill != 0);
        }

        ReadOnlySpan<byte> digits = field.TrimStart(" "u8).TrimEnd(" \0"u8);
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return false;
            }

            value = (value << 3) + digit - '0';
        }

        return true;
    }

    private static bool TrimTopBit(ref long value)
    {
        // In an 8-byte field the marker is the number's own top bit.
        value = (value & 0x4000_0000_0000_0000) != 0 ? value : value & long.MaxValue;
        return true;
    }
}

/// <summary>The numbers of a header.</summary>
internal enum TarNumber
{
    /// <summary>Permissions.</summary>
    Mode,

    /// <summary>User id.</summary>
    User,

    /// <summary>Group id.</summary>
    Group,

    /// <summary>Bytes of content.</summary>
    Size,

    /// <summary>Seconds since 1970.</summary>
    Modified,
}
