using System.Buffers.Binary;

namespace AgentSandbox.Protocol;

/// <summary>
/// The 12 bytes before each payload, big-endian: <c>u32 length | u32 channel | u8 type | u8 flags | u16 zero</c>.
/// </summary>
/// <param name="Length">Bytes of payload that follow.</param>
/// <param name="Channel">The command, 0 for the connection itself; chosen by the host and never used twice on a connection.</param>
/// <param name="Type">What the payload is.</param>
/// <param name="Flags">A <see cref="StreamId"/> on DATA, EOF and WINDOW, else <see cref="FrameFlags"/>.</param>
public readonly record struct FrameHeader(int Length, uint Channel, FrameType Type, byte Flags)
{
    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least <see cref="ProtocolLimits.HeaderSize"/> bytes.</param>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, Length);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], Channel);
        destination[8] = (byte)Type;
        destination[9] = Flags;
        destination[10] = 0;
        destination[11] = 0;
    }

    /// <summary>Reads and checks a header, so that a caller may allocate <see cref="Length"/> bytes without further thought.</summary>
    /// <param name="source">At least <see cref="ProtocolLimits.HeaderSize"/> bytes.</param>
    /// <returns>The header.</returns>
    /// <exception cref="ProtocolViolationException">A field is out of its range.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> source)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(source);
        uint channel = BinaryPrimitives.ReadUInt32BigEndian(source[4..]);
        var type = (FrameType)source[8];
        byte flags = source[9];

        if (type is < FrameType.Hello or > FrameType.Error)
        {
            throw new ProtocolViolationException($"Unknown frame type {source[8]}.");
        }

        if ((source[10] | source[11]) != 0)
        {
            throw new ProtocolViolationException("The reserved bytes of a frame header are not zero.");
        }

        bool isStreamFrame = type is FrameType.Data or FrameType.Eof or FrameType.Window;
        if (isStreamFrame ? flags > (byte)StreamId.StandardError : flags > FrameFlags.More)
        {
            throw new ProtocolViolationException($"Frame type {type} with flags {flags}.");
        }

        if (flags == FrameFlags.More && !isStreamFrame && type != FrameType.Open)
        {
            throw new ProtocolViolationException($"Frame type {type} can't be continued.");
        }

        bool isConnectionFrame = type is FrameType.Hello or FrameType.Ping or FrameType.Pong or FrameType.Error;
        if (isConnectionFrame != (channel == 0))
        {
            throw new ProtocolViolationException($"Frame type {type} on channel {channel}.");
        }

        long limit = type switch
        {
            FrameType.Data => ProtocolLimits.MaxData,
            FrameType.Eof or FrameType.Close => 0,
            FrameType.Window => sizeof(uint),
            FrameType.Ping or FrameType.Pong => 64,
            _ => ProtocolLimits.MaxControl,
        };
        if (length > limit || (type == FrameType.Window && length != sizeof(uint)) || (type == FrameType.Data && length == 0))
        {
            throw new ProtocolViolationException($"Frame type {type} of {length} bytes; allowed are {limit}.");
        }

        return new FrameHeader((int)length, channel, type, flags);
    }
}
