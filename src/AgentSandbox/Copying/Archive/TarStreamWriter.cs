using System.Buffers.Text;

namespace AgentSandbox.Copying.Archive;

/// <summary>Writes a tar archive to a stream: ustar, with pax headers where a path, target or size does not fit. Owners are never written: they are the receiver's.</summary>
/// <param name="output">Where to; small writes are joined.</param>
internal sealed class TarStreamWriter(Stream output)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _used;

    /// <summary>Says how much content follows, for the reader's progress bar.</summary>
    /// <param name="bytes">Bytes of content.</param>
    public void Announce(long bytes) => Extension((byte)'g', PaxRecords.Record(PaxRecords.TotalBytes, Digits(bytes)));

    /// <summary>Writes an entry's header. A file's content must follow, exactly <see cref="TarEntry.Size"/> bytes, then <see cref="Pad"/>.</summary>
    /// <param name="entry">The entry: file, folder or symbolic link.</param>
    public void Write(TarEntry entry)
    {
        byte[] records =
        [
            .. TarBlock.Fits(entry.Path) ? [] : PaxRecords.Record("path", entry.Path),
            .. TarBlock.Fits(entry.LinkTarget) ? [] : PaxRecords.Record("linkpath", entry.LinkTarget),
            .. entry.Size <= TarBlock.MaxOctal ? [] : PaxRecords.Record("size", Digits(entry.Size)),
        ];
        if (records.Length > 0)
        {
            Extension((byte)'x', records);
        }

        byte type = entry.Kind switch
        {
            TarEntryKind.File => (byte)'0',
            TarEntryKind.Folder => (byte)'5',
            TarEntryKind.SymbolicLink => (byte)'2',
            _ => throw new ArgumentException($"A {entry.Kind} is not written.", nameof(entry)),
        };
        Header(type, entry.Path, entry.LinkTarget, entry.Size, entry.Mode, entry.Modified);
    }

    /// <summary>Writes content of the current file.</summary>
    /// <param name="data">The bytes.</param>
    public void Content(ReadOnlySpan<byte> data)
    {
        if (_used + data.Length > _buffer.Length)
        {
            Flush();
        }

        if (data.Length >= _buffer.Length)
        {
            output.Write(data);
            return;
        }

        data.CopyTo(_buffer.AsSpan(_used));
        _used += data.Length;
    }

    /// <summary>Fills the last block of a file's content.</summary>
    /// <param name="size">The file's size.</param>
    public void Pad(long size) => Content(stackalloc byte[(int)((TarBlock.Size - (size % TarBlock.Size)) % TarBlock.Size)]);

    /// <summary>Writes the end mark, and everything that is still in memory.</summary>
    public void Finish()
    {
        Content(stackalloc byte[TarBlock.Size * 2]);
        Flush();
        output.Flush();
    }

    private static byte[] Digits(long value)
    {
        byte[] text = new byte[20];
        Utf8Formatter.TryFormat(value, text, out int length);
        return text.AsSpan(0, length).ToArray();
    }

    private void Extension(byte type, byte[] records)
    {
        Header(type, "extension"u8, default, records.Length, 0x1A4, 0);
        Content(records);
        Pad(records.Length);
    }

    private void Header(byte type, ReadOnlySpan<byte> path, ReadOnlySpan<byte> target, long size, uint mode, long modified)
    {
        Span<byte> block = stackalloc byte[TarBlock.Size];
        TarBlock.Write(block, type, path, target, size, mode, modified);
        Content(block);
    }

    private void Flush()
    {
        output.Write(_buffer.AsSpan(0, _used));
        _used = 0;
    }
}
