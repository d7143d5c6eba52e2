using System.Buffers.Binary;
using System.Text;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Hijack;

/// <summary>
/// Takes apart the frames of a container's streams (moby's pkg/stdcopy): <c>[type,0,0,0][u32 length, big endian]</c>, then the payload.
/// Holds headers only; payload stays where the caller has it.
/// </summary>
internal sealed class StdCopyDecoder
{
    /// <summary>Bytes of a header.</summary>
    public const int HeaderLength = 8;

    // What the engine has to say about a stream is a sentence.
    private const int MaxErrorLength = 4096;

    private readonly byte[] _header = new byte[HeaderLength];
    private int _headerCount;
    private byte[]? _error;
    private int _errorCount;
    private DockerEngineException? _fault;

    /// <summary>The stream that the payload belongs to.</summary>
    public StandardStream Stream { get; private set; } = StandardStream.Output;

    /// <summary>Bytes of payload that come next; 0 when a header does.</summary>
    public uint Remaining { get; private set; }

    /// <summary>Whether the streams may end here: not within a frame.</summary>
    public bool IsAtBoundary => _fault is null && _headerCount == 0 && Remaining == 0 && _error is null;

    /// <summary>Takes headers, and the engine's own error, until payload of an output stream comes or the bytes are at their end.</summary>
    /// <param name="bytes">The bytes; not payload (<see cref="Remaining"/> is 0).</param>
    /// <returns>How many were taken.</returns>
    /// <exception cref="DockerEngineException">The engine's error about the stream, or a frame that no engine sends.</exception>
    public int Feed(ReadOnlySpan<byte> bytes)
    {
        // Behind a frame that is none there is no telling where the next one begins.
        if (_fault is not null)
        {
            throw new DockerEngineException(_fault.StatusCode, _fault.Message);
        }

        int taken = 0;
        while (Remaining == 0 && taken < bytes.Length)
        {
            taken += _error is null ? FeedHeader(bytes[taken..]) : FeedError(bytes[taken..]);
        }

        return taken;
    }

    /// <summary>Says that payload was taken.</summary>
    /// <param name="count">How much; at most <see cref="Remaining"/>.</param>
    public void Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, Remaining);
        Remaining -= (uint)count;
    }

    /// <summary>Says that no more bytes come.</summary>
    /// <exception cref="DockerEngineException">They end within an error of the engine: what there is of it.</exception>
    public void ThrowUnfinishedError()
    {
        if (_error is not null)
        {
            throw EngineError();
        }
    }

    private int FeedHeader(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(HeaderLength - _headerCount, bytes.Length);
        bytes[..count].CopyTo(_header.AsSpan(_headerCount));
        _headerCount += count;
        if (_headerCount < HeaderLength)
        {
            return count;
        }

        _headerCount = 0;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(4));
        if (_header[1] != 0 || _header[2] != 0 || _header[3] != 0 || _header[0] is < 1 or > 3)
        {
            throw _fault = EngineErrors.Nonsense($"no frame of a container's streams: {Convert.ToHexString(_header)}");
        }

        Stream = (StandardStream)_header[0];
        if (Stream == StandardStream.SystemError)
        {
            _error = new byte[Math.Min(length, MaxErrorLength)];
            if (_error.Length == 0)
            {
                throw EngineError();
            }
        }
        else
        {
            Remaining = length;
        }

        return count;
    }

    private int FeedError(ReadOnlySpan<byte> bytes)
    {
        int count = Math.Min(_error!.Length - _errorCount, bytes.Length);
        bytes[..count].CopyTo(_error.AsSpan(_errorCount));
        _errorCount += count;
        return _errorCount < _error.Length ? count : throw EngineError();
    }

    private DockerEngineException EngineError()
    {
        string text = EngineText.OneLine(Encoding.UTF8.GetString(_error.AsSpan(0, _errorCount)));
        return _fault = new(0, text.Length > 0 ? text : "The engine reports an error of the stream without saying which.");
    }
}
