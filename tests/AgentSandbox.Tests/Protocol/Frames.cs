using System.Buffers;
using AgentSandbox.Protocol;

namespace AgentSandbox.Tests.Protocol;

/// <summary>A frame as a value, and generators of valid ones.</summary>
internal sealed record Frame(FrameType Type, uint Channel, byte Flags, byte[] Payload)
{
    public bool Same(Frame other) => Type == other.Type && Channel == other.Channel && Flags == other.Flags && Payload.AsSpan().SequenceEqual(other.Payload);

    public static int MaxPayload(FrameType type) => type switch
    {
        FrameType.Data => ProtocolLimits.MaxData,
        FrameType.Eof or FrameType.Close => 0,
        FrameType.Window => 4,
        FrameType.Ping or FrameType.Pong => 64,
        _ => ProtocolLimits.MaxControl,
    };

    public static Frame Random(Random random)
    {
        var type = (FrameType)random.Next((int)FrameType.Hello, (int)FrameType.Error + 1);
        bool isConnectionFrame = type is FrameType.Hello or FrameType.Ping or FrameType.Pong or FrameType.Error;
        bool isStreamFrame = type is FrameType.Data or FrameType.Eof or FrameType.Window;
        int max = MaxPayload(type);

        // Sizes around the limits are as likely as those between.
        int length = type switch
        {
            FrameType.Window => 4,
            FrameType.Data => random.Next(4) switch { 0 => 1, 1 => max, _ => random.Next(1, 2000) },
            _ => random.Next(6) switch { 0 => 0, 1 => max, _ => random.Next(0, Math.Min(max, 500) + 1) },
        };
        byte[] payload = new byte[length];
        random.NextBytes(payload);
        uint channel = isConnectionFrame ? 0 : random.Next(3) switch { 0 => 1, 1 => uint.MaxValue, _ => (uint)random.NextInt64(1, uint.MaxValue) };
        byte flags = isStreamFrame ? (byte)random.Next(3) : type == FrameType.Open ? (byte)random.Next(2) : (byte)0;
        return new Frame(type, channel, flags, payload);
    }

    public static byte[] Encode(IEnumerable<Frame> frames)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (Frame frame in frames)
        {
            FrameEncoder.WriteFrame(output, frame.Type, frame.Channel, frame.Flags, frame.Payload);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Decodes slices of random size; stops where the decoder refuses.</summary>
    public static (List<Frame> Frames, ProtocolViolationException? Refusal) Decode(FrameDecoder decoder, byte[] bytes, Random random, int largestSlice)
    {
        var frames = new List<Frame>();
        try
        {
            for (int offset = 0; offset < bytes.Length;)
            {
                int count = Math.Min(random.Next(0, largestSlice + 1), bytes.Length - offset);
                ReadOnlySpan<byte> slice = bytes.AsSpan(offset, count);
                offset += count;
                while (decoder.TryRead(ref slice))
                {
                    frames.Add(new Frame(decoder.Header.Type, decoder.Header.Channel, decoder.Header.Flags, decoder.Payload.ToArray()));
                }
            }
        }
        catch (ProtocolViolationException e)
        {
            return (frames, e);
        }

        return (frames, null);
    }
}
