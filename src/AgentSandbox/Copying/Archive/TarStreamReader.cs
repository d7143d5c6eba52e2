namespace AgentSandbox.Copying.Archive;

/// <summary>
/// Reads a tar archive from a stream: ustar, pax and GNU's long names. Why not System.Formats.Tar: it takes memory as the archive
/// says (an extended header may claim 2 GiB), and turns names and attributes that are no UTF-8 into others. Here nothing is
/// allocated beyond fixed bounds, and names stay bytes. What is not understood is refused, never guessed.
/// </summary>
/// <param name="input">The archive; read to its end mark and not beyond the last block that was fetched.</param>
internal sealed class TarStreamReader(Stream input)
{
    /// <summary>Bytes of one extended header. Paths are 4096 at most, file capabilities 24; the rest is room for what others write.</summary>
    private const int MaxExtension = 64 * 1024;

    /// <summary>Extended headers in a row; a real entry has three at most.</summary>
    private const int MaxExtensionsInRow = 8;

    /// <summary>Global headers in all: git writes one, we write one.</summary>
    private const int MaxGlobals = 64;

    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private long _content;
    private long _padding;
    private int _globals;

    /// <summary>What the archive says that it holds in bytes; a hostile one lies.</summary>
    public long? AnnouncedBytes { get; private set; }

    /// <summary>Goes to the next entry; what was not read of the last one is passed over.</summary>
    /// <returns>The entry, or null at the end mark.</returns>
    /// <exception cref="ArchiveException">The archive is damaged or holds what is refused.</exception>
    public TarEntry? Next()
    {
        Skip(_content + _padding);
        _content = _padding = 0;
        PaxRecords? pax = null;
        byte[]? longPath = null;
        byte[]? longTarget = null;
        Span<byte> block = stackalloc byte[TarBlock.Size];
        for (int extensions = 0; ; extensions++)
        {
            ReadExactly(block);
            if (TarBlock.IsZero(block))
            {
                return pax is null && longPath is null && longTarget is null ? null : throw new ArchiveException(ArchiveFault.Damaged, "The archive ends after an extended header.");
            }

            if (!TarBlock.HasValidChecksum(block))
            {
                throw new ArchiveException(ArchiveFault.Damaged, "The archive holds something that is no tar header.");
            }

            long size = TarBlock.Number(block, TarNumber.Size);
            byte type = TarBlock.Type(block);
            if (type is not ((byte)'x' or (byte)'g' or (byte)'L' or (byte)'K' or (byte)'V'))
            {
                return Entry(block, type, size, pax, longPath, longTarget);
            }

            if (extensions >= MaxExtensionsInRow)
            {
                throw new ArchiveException(ArchiveFault.Refused, "The archive has too many extended headers.");
            }

            byte[] content = ReadExtension(size);
            switch (type)
            {
                case (byte)'x':
                    pax = PaxRecords.Parse(content);
                    break;
                case (byte)'g':
                    Global(PaxRecords.Parse(content));
                    break;
                case (byte)'L':
                    longPath = WithoutNul(content);
                    break;
                case (byte)'K':
                    longTarget = WithoutNul(content);
                    break;
                default:
                    // 'V' is a label for people.
                    break;
            }
        }
    }

    /// <summary>Reads content of the current entry.</summary>
    /// <param name="buffer">Where to.</param>
    /// <returns>Bytes read; 0 at the entry's end.</returns>
    /// <exception cref="ArchiveException">The archive is cut off.</exception>
    public int Read(Span<byte> buffer)
    {
        int wanted = (int)Math.Min(buffer.Length, _content);
        if (wanted == 0)
        {
            return 0;
        }

        int read;
        if (_start == _end && wanted >= _buffer.Length)
        {
            read = input.Read(buffer[..wanted]);
        }
        else
        {
            Fill();
            read = Math.Min(wanted, _end - _start);
            _buffer.AsSpan(_start, read).CopyTo(buffer);
            _start += read;
        }

        _content -= read;
        return read > 0 ? read : throw CutOff();
    }

    private TarEntry Entry(ReadOnlySpan<byte> block, byte type, long size, PaxRecords? pax, byte[]? longPath, byte[]? longTarget)
    {
        byte[] path = pax?.Path ?? longPath ?? TarBlock.Path(block);
        TarEntryKind kind = type switch
        {
            // Before POSIX, a folder was a file whose name ends in a slash.
            0 or (byte)'0' or (byte)'7' => path is [.., (byte)'/'] ? TarEntryKind.Folder : TarEntryKind.File,
            (byte)'1' => TarEntryKind.HardLink,
            (byte)'2' => TarEntryKind.SymbolicLink,
            (byte)'3' or (byte)'4' or (byte)'6' => TarEntryKind.Special,
            (byte)'5' => TarEntryKind.Folder,
            (byte)'S' => throw new ArchiveException(ArchiveFault.Refused, "The archive holds a sparse file in GNU's form. Make it without tar's --sparse."),
            _ => throw new ArchiveException(ArchiveFault.Refused, $"The archive holds an entry of the unknown type 0x{type:x2}."),
        };
        size = pax?.Size ?? size;
        if (size < 0 || size > long.MaxValue - TarBlock.Size)
        {
            throw new ArchiveException(ArchiveFault.Damaged, "A header of the archive has an impossible size.");
        }

        // Some programs give links a size and no content (tar(5)); only files have content. A folder's or link's size is refused where
        // the two readings differ, since a reader that guesses takes content for headers.
        if (kind != TarEntryKind.File && size != 0)
        {
            throw new ArchiveException(ArchiveFault.Refused, "The archive holds a folder or link with content.");
        }

        _content = size;
        _padding = (TarBlock.Size - (size % TarBlock.Size)) % TarBlock.Size;
        return new TarEntry
        {
            Kind = kind,
            Path = path,
            LinkTarget = kind is TarEntryKind.HardLink or TarEntryKind.SymbolicLink ? pax?.LinkTarget ?? longTarget ?? TarBlock.LinkTarget(block) : [],
            Size = size,
            Mode = (uint)TarBlock.Number(block, TarNumber.Mode) & 0xFFF,
            User = pax?.User ?? TarBlock.Number(block, TarNumber.User),
            Group = pax?.Group ?? TarBlock.Number(block, TarNumber.Group),
            Modified = pax?.Modified ?? TarBlock.Number(block, TarNumber.Modified),
            Capabilities = pax?.Capabilities,
        };
    }

    private void Global(PaxRecords records)
    {
        if (++_globals > MaxGlobals || records.Path is not null || records.LinkTarget is not null || records.Size is not null || records.Capabilities is not null)
        {
            throw new ArchiveException(ArchiveFault.Refused, "The archive has a global header that changes every entry, or too many of them.");
        }

        AnnouncedBytes ??= records.Total;
    }

    private byte[] ReadExtension(long size)
    {
        if (size is < 0 or > MaxExtension)
        {
            throw new ArchiveException(ArchiveFault.Refused, $"An extended header of the archive has {size} bytes; allowed are {MaxExtension}.");
        }

        byte[] content = new byte[size];
        ReadExactly(content);
        Skip((TarBlock.Size - (size % TarBlock.Size)) % TarBlock.Size);
        return content;
    }

    private static byte[] WithoutNul(byte[] text)
    {
        int end = text.AsSpan().IndexOf((byte)0);
        return end < 0 ? text : text.AsSpan(0, end).ToArray();
    }

    private void ReadExactly(Span<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            Fill();
            int count = Math.Min(buffer.Length, _end - _start);
            _buffer.AsSpan(_start, count).CopyTo(buffer);
            _start += count;
            buffer = buffer[count..];
        }
    }

    private void Skip(long count)
    {
        while (count > 0)
        {
            Fill();
            int step = (int)Math.Min(count, _end - _start);
            _start += step;
            count -= step;
        }
    }

    /// <summary>Makes at least one byte available.</summary>
    private void Fill()
    {
        if (_start < _end)
        {
            return;
        }

        _start = 0;
        _end = input.Read(_buffer);
        if (_end <= 0)
        {
            _end = 0;
            throw CutOff();
        }
    }

    private static ArchiveException CutOff() => new(ArchiveFault.Damaged, "The archive ends before its end mark.");
}
