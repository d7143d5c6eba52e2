using AgentSandbox.Protocol;
using AgentSandbox.Protocol.FileChannel;

namespace AgentSandbox.Connection.FileChannel;

/// <summary>
/// Reads one direction of a channel: the blocks of the segment files in a folder that the other end writes to and may do anything in. What it
/// gives is whole and in one piece; what the positions say is for the caller to check. Not thread-safe.
/// </summary>
internal sealed class SegmentReader(Func<IncomingFolder?> openFolder, ChannelClock clock) : IDisposable
{
    private const int BufferSize = 4 * (FileChannelLimits.HeaderSize + FileChannelLimits.MaxPayload);

    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private IncomingFolder? _folder;
    private FileStream? _file;
    private int _position;
    private long _partSince = -1;

    /// <summary>The segment that is being read; those before it are read to their end.</summary>
    public int Segment { get; private set; } = 1;

    /// <summary>The block of the last successful <see cref="TryRead"/>.</summary>
    public BlockHeader Header { get; private set; }

    /// <summary>Its payload; valid until the next call.</summary>
    public ReadOnlySpan<byte> Payload => _buffer.AsSpan(_start - Header.Length, Header.Length);

    /// <summary>Takes the next block if it is there.</summary>
    /// <returns>False when it is not, or not wholly.</returns>
    /// <exception cref="ProtocolViolationException">What is there is no block, also after the time that a write may need to arrive.</exception>
    public bool TryRead()
    {
        if (!TryParse(out _))
        {
            if (!TryFill())
            {
                return false;
            }

            if (!TryParse(out string? problem))
            {
                NoteIncomplete(problem);
                return false;
            }
        }

        _partSince = -1;
        if (Header.Segment != Segment)
        {
            throw new ProtocolViolationException($"A block in segment {Segment} of the file channel belongs to segment {Header.Segment}.");
        }

        if (_position > FileChannelLimits.MaxSegment)
        {
            throw TooLarge();
        }

        if (Header.Type == BlockType.Roll)
        {
            NextSegment();
        }

        return true;
    }

    /// <summary>The other end has closed: its segment is read to its end.</summary>
    public void NextSegment()
    {
        _file?.Dispose();
        _file = null;
        _position = 0;
        _start = _end = 0;
        Segment++;
    }

    /// <summary>Closes files and folder.</summary>
    public void Dispose()
    {
        _file?.Dispose();
        _folder?.Dispose();
    }

    private static ProtocolViolationException TooLarge() =>
        new($"A segment of the file channel is larger than {FileChannelLimits.MaxSegment} bytes.");

    private bool TryParse(out string? problem)
    {
        problem = null;
        ReadOnlySpan<byte> there = _buffer.AsSpan(_start, _end - _start);
        if (there.Length < FileChannelLimits.HeaderSize)
        {
            problem = "it ends within a block";
            return false;
        }

        if ((there[0] | there[1] | there[2] | there[3]) == 0)
        {
            problem = "there are zeros in place of a block";
            return false;
        }

        BlockHeader header;
        try
        {
            header = BlockHeader.Read(there);
        }
        catch (ProtocolViolationException e)
        {
            problem = e.Message;
            return false;
        }

        int size = FileChannelLimits.HeaderSize + header.Length;
        if (there.Length < size)
        {
            problem = "it ends within a block";
            return false;
        }

        if (!BlockHeader.HasValidChecksum(there[..size]))
        {
            problem = "the checksum of a block is wrong";
            return false;
        }

        Header = header;
        _start += size;
        _position += size;
        return true;
    }

    /// <summary>Reads again from the block that comes next, since what was there before need not have been all of it.</summary>
    private bool TryFill()
    {
        _start = _end = 0;
        if (!TryOpen())
        {
            return false;
        }

        long length = _file!.Length;
        if (length > FileChannelLimits.MaxSegment)
        {
            throw TooLarge();
        }

        if (length == _position)
        {
            _partSince = -1;
            return false;
        }

        if (length < _position)
        {
            NoteIncomplete("it has become shorter");
            return false;
        }

        if (_buffer.Length == 0)
        {
            _buffer = new byte[BufferSize];
        }

        _file.Position = _position;
        _end = _file.Read(_buffer, 0, _buffer.Length);
        return _end > 0;
    }

    private bool TryOpen()
    {
        if (_file is not null)
        {
            return true;
        }

        _folder ??= openFolder();
        _file = _folder?.TryOpen(SegmentName.Of(Segment));
        return _file is not null;
    }

    private void NoteIncomplete(string? problem)
    {
        long now = clock.Now;
        if (_partSince < 0)
        {
            _partSince = now;
        }
        else if (now - _partSince > FileChannelLimits.ArrivalTimeout.TotalMilliseconds)
        {
            throw new ProtocolViolationException($"Segment {Segment} of the file channel makes no sense: {problem?.TrimEnd('.')}.");
        }
    }
}
