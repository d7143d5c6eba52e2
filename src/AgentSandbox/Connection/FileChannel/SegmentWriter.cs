using AgentSandbox.Protocol.FileChannel;

namespace AgentSandbox.Connection.FileChannel;

/// <summary>Writes one direction of a channel: appends blocks to segment files in a folder of its own, and deletes the files that were read. Not thread-safe.</summary>
internal sealed class SegmentWriter : IDisposable
{
    private readonly string _folder;
    private readonly byte[] _block = new byte[FileChannelLimits.HeaderSize + FileChannelLimits.MaxPayload];
    private FileStream _file;
    private int _position;
    private int _oldest = 1;

    /// <summary>Makes the first segment.</summary>
    /// <param name="folder">The folder, which exists and which nobody else writes to.</param>
    /// <exception cref="IOException">The file can't be made.</exception>
    public SegmentWriter(string folder)
    {
        _folder = folder;
        _file = Create(Segment);
    }

    /// <summary>The segment that is being written.</summary>
    public int Segment { get; private set; } = 1;

    /// <summary>Appends a block, in a new segment when this one has no room for it.</summary>
    /// <param name="type">What it is.</param>
    /// <param name="payload">The bytes, for Data.</param>
    /// <param name="offset">Where in the stream they begin.</param>
    /// <param name="consumed">Bytes of the other direction that were consumed.</param>
    /// <param name="reading">The other direction's segment that is being read.</param>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void Append(BlockType type, ArraySegment<byte> payload, long offset, long consumed, int reading)
    {
        int size = FileChannelLimits.HeaderSize + payload.Count;
        if (_position + size + FileChannelLimits.HeaderSize > FileChannelLimits.MaxSegment)
        {
            Put(new BlockHeader(BlockType.Roll, 0, offset, consumed, Segment, reading));
            _file.Dispose();
            Segment++;
            _position = 0;
            _file = Create(Segment);
        }

        payload.AsSpan().CopyTo(_block.AsSpan(FileChannelLimits.HeaderSize));
        Put(new BlockHeader(type, payload.Count, offset, consumed, Segment, reading));
    }

    /// <summary>Deletes the segments that the other end has read to their end.</summary>
    /// <param name="reading">The segment that it reads now; at most the one after the newest.</param>
    public void DeleteBefore(int reading)
    {
        for (; _oldest < Math.Min(reading, Segment); _oldest++)
        {
            File.Delete(Path.Combine(_folder, SegmentName.Of(_oldest)));
        }
    }

    /// <summary>Closes the file and removes the folder with all that is in it.</summary>
    /// <exception cref="IOException">The other end holds a file open, on Windows: try again.</exception>
    public void Remove()
    {
        _file.Dispose();
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private void Put(BlockHeader header)
    {
        header.Write(_block);
        int size = FileChannelLimits.HeaderSize + header.Length;
        _file.Write(_block, 0, size); // In one piece and at once: the other end polls for it.
        _file.Flush();
        _position += size;
    }

    // Reading and deleting are shared, or the other end could do neither while this one writes. CreateNew follows no link that lies there.
    private FileStream Create(int number) =>
        new(Path.Combine(_folder, SegmentName.Of(number)), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
}
