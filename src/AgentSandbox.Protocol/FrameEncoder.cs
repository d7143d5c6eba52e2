using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace AgentSandbox.Protocol;

/// <summary>Writes frames into a buffer.</summary>
public static class FrameEncoder
{
    /// <summary>Writes one frame.</summary>
    /// <param name="output">Receives header and payload.</param>
    /// <param name="type">What the payload is.</param>
    /// <param name="channel">The command, or 0.</param>
    /// <param name="flags">A <see cref="StreamId"/> or <see cref="FrameFlags"/>.</param>
    /// <param name="payload">The bytes.</param>
    /// <exception cref="ProtocolViolationException">The frame would be refused by the other end.</exception>
    public static void WriteFrame(IBufferWriter<byte> output, FrameType type, uint channel, byte flags, ReadOnlySpan<byte> payload)
    {
        _ = output ?? throw new ArgumentNullException(nameof(output));
        Span<byte> span = output.GetSpan(ProtocolLimits.HeaderSize + payload.Length);
        new FrameHeader(payload.Length, channel, type, flags).Write(span);
        _ = FrameHeader.Read(span); // One place knows what is valid.
        payload.CopyTo(span[ProtocolLimits.HeaderSize..]);
        output.Advance(ProtocolLimits.HeaderSize + payload.Length);
    }

    /// <summary>Writes a WINDOW frame.</summary>
    /// <param name="output">Receives the frame.</param>
    /// <param name="channel">The command.</param>
    /// <param name="stream">The stream whose sender may send more.</param>
    /// <param name="credit">How many bytes more.</param>
    public static void WriteWindow(IBufferWriter<byte> output, uint channel, StreamId stream, int credit)
    {
        Span<byte> payload = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(payload, credit);
        WriteFrame(output, FrameType.Window, channel, (byte)stream, payload);
    }

    /// <summary>Writes a control message as JSON; an OPEN that is too large for one frame is cut into several.</summary>
    /// <typeparam name="T">The message.</typeparam>
    /// <param name="output">Receives the frames.</param>
    /// <param name="type">Its frame type.</param>
    /// <param name="channel">The command, or 0.</param>
    /// <param name="message">The message.</param>
    /// <param name="typeInfo">Its metadata in <see cref="ProtocolJson"/>.</param>
    /// <exception cref="ProtocolViolationException">The message is larger than the protocol allows.</exception>
    public static void WriteMessage<T>(IBufferWriter<byte> output, FrameType type, uint channel, T message, JsonTypeInfo<T> typeInfo)
    {
        ReadOnlySpan<byte> json = JsonSerializer.SerializeToUtf8Bytes(message, typeInfo);
        if (json.Length > (type == FrameType.Open ? ProtocolLimits.MaxOpen : ProtocolLimits.MaxControl))
        {
            throw new ProtocolViolationException($"A {type} message of {json.Length} bytes is too large.");
        }

        while (json.Length > ProtocolLimits.MaxControl)
        {
            WriteFrame(output, type, channel, FrameFlags.More, json[..ProtocolLimits.MaxControl]);
            json = json[ProtocolLimits.MaxControl..];
        }

        WriteFrame(output, type, channel, 0, json);
    }
}
