namespace AgentSandbox.Protocol.FileChannel;

/// <summary>
/// CRC-32 as in zip and Ethernet (polynomial 0xEDB88320), eight bytes at a time. It finds writes that have arrived in part; it is no protection
/// against anybody. Here, and not from a package, so that the module stays free of dependencies.
/// </summary>
internal static class Crc32
{
    private static readonly uint[] s_tables = MakeTables();

    /// <summary>Goes on with a checksum.</summary>
    /// <param name="crc">The checksum so far; 0 to begin with.</param>
    /// <param name="bytes">What follows.</param>
    /// <returns>The checksum with the bytes.</returns>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[] t = s_tables;
        crc = ~crc;
        while (bytes.Length >= 8)
        {
            uint a = crc ^ (bytes[0] | (uint)bytes[1] << 8 | (uint)bytes[2] << 16 | (uint)bytes[3] << 24);
            crc = t[0x700 | (int)(a & 0xFF)] ^ t[0x600 | (int)((a >> 8) & 0xFF)] ^ t[0x500 | (int)((a >> 16) & 0xFF)] ^ t[0x400 | (int)(a >> 24)]
                ^ t[0x300 | bytes[4]] ^ t[0x200 | bytes[5]] ^ t[0x100 | bytes[6]] ^ t[bytes[7]];
            bytes = bytes[8..];
        }

        foreach (byte b in bytes)
        {
            crc = t[(int)((crc ^ b) & 0xFF)] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint[] MakeTables()
    {
        uint[] tables = new uint[8 * 256];
        for (uint i = 0; i < 256; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? 0xEDB88320u ^ (crc >> 1) : crc >> 1;
            }

            tables[i] = crc;
        }

        for (int i = 256; i < tables.Length; i++)
        {
            uint crc = tables[i - 256];
            tables[i] = tables[crc & 0xFF] ^ (crc >> 8);
        }

        return tables;
    }
}
