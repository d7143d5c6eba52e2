using System.Buffers.Text;
using System.Text;

namespace AgentSandbox.Copying.Archive;

/// <summary>The records of a pax extended header: <c>length key=value\n</c>; pax(1). Values are bytes.</summary>
internal sealed class PaxRecords
{
    /// <summary>Our own record: bytes of content that follow, for a progress bar only.</summary>
    public const string TotalBytes = "AGENTSANDBOX.bytes";

    private const string CapabilityKey = "SCHILY.xattr.security.capability";

    /// <summary>Path of the next entry, or null.</summary>
    public byte[]? Path { get; private set; }

    /// <summary>Target of the next entry's link, or null.</summary>
    public byte[]? LinkTarget { get; private set; }

    /// <summary>Size of the next entry, or null.</summary>
    public long? Size { get; private set; }

    /// <summary>User id, or null.</summary>
    public long? User { get; private set; }

    /// <summary>Group id, or null.</summary>
    public long? Group { get; private set; }

    /// <summary>Seconds since 1970, or null.</summary>
    public long? Modified { get; private set; }

    /// <summary>File capabilities, or null.</summary>
    public byte[]? Capabilities { get; private set; }

    /// <summary>Bytes of content of the whole archive, or null.</summary>
    public long? Total { get; private set; }

    /// <summary>Reads the records.</summary>
    /// <param name="content">Content of the extended header.</param>
    /// <returns>What is used of them; unknown keys are passed over, as pax(1) wants.</returns>
    /// <exception cref="ArchiveException">A record has no valid form, or makes the entry a sparse file.</exception>
    public static PaxRecords Parse(ReadOnlySpan<byte> content)
    {
        PaxRecords records = new();
        while (!content.IsEmpty)
        {
            // The length counts itself, the space and the line feed.
            if (!Utf8Parser.TryParse(content, out int length, out int digits) || digits > 8 || length < digits + 4 || length > content.Length ||
                content[digits] != ' ' || content[length - 1] != '\n')
            {
                throw Damaged();
            }

            ReadOnlySpan<byte> record = content[(digits + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                throw Damaged();
            }

            records.Set(Encoding.UTF8.GetString(record[..equals]), record[(equals + 1)..]);
            content = content[length..];
        }

        return records;
    }

    /// <summary>Writes one record.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="value">Its value.</param>
    /// <returns>The record.</returns>
    public static byte[] Record(string key, ReadOnlySpan<byte> value)
    {
        int rest = key.Length + value.Length + 3;
        int length = rest + 1;
        while (length != rest + length.ToString(System.Globalization.CultureInfo.InvariantCulture).Length)
        {
            length++;
        }

        return [.. Encoding.ASCII.GetBytes($"{length} {key}="), .. value, (byte)'\n'];
    }

    private void Set(string key, ReadOnlySpan<byte> value)
    {
        switch (key)
        {
            case "path":
                Path = value.ToArray();
                break;
            case "linkpath":
                LinkTarget = value.ToArray();
                break;
            case "size":
                Size = Number(value);
                break;
            case "uid":
                User = Number(value);
                break;
            case "gid":
                Group = Number(value);
                break;
            case "mtime":
                int point = value.IndexOf((byte)'.');
                Modified = Number(point < 0 ? value : value[..point]);
                break;
            case CapabilityKey:
                Capabilities = value.ToArray();
                break;
            case TotalBytes:
                Total = Number(value);
                break;
            default:
                if (key.StartsWith("GNU.sparse.", StringComparison.Ordinal))
                {
                    throw new ArchiveException(ArchiveFault.Refused, "The archive holds a sparse file in GNU's form. Make it without tar's --sparse.");
                }

                break;
        }
    }

    private static long Number(ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out long number, out int used) && used == value.Length ? number : throw Damaged();

    private static ArchiveException Damaged() => new(ArchiveFault.Damaged, "An extended header of the archive can't be read.");
}
