using System.Buffers.Binary;

namespace AgentSandbox.PowerShell.Remoting.Wire;

/// <summary>
/// Puts messages together from fragments (MS-PSRP 2.2.4): object id, fragment id, flags and length, then the bytes. One object at a time, its fragments in order,
/// its size bounded.
/// </summary>
/// <param name="limit">Most bytes of a message.</param>
internal sealed class FragmentAssembler(int limit)
{
    /// <summary>Bytes before those of a fragment.</summary>
    public const int HeaderLength = 8 + 8 + 1 + 4;

    private const byte Start = 1;
    private const byte End = 2;

    private readonly byte[] _header = new byte[HeaderLength];
    private int _headerLength;
    private int _left;
    private bool _last;
    private long _object;
    private long _next;
    private MemoryStream? _message;

    /// <summary>Takes bytes.</summary>
    /// <param name="data">The bytes, which need not end where a fragment does.</param>
    /// <param name="messages">Gets every message that is complete now.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>.</exception>
    public void Append(ReadOnlySpan<byte> data, List<byte[]> messages)
    {
        while (data.Length > 0)
        {
            if (_headerLength < HeaderLength)
            {
                int taken = Math.Min(data.Length, HeaderLength - _headerLength);
                data[..taken].CopyTo(_header.AsSpan(_headerLength));
                _headerLength += taken;
                data = data[taken..];
                if (_headerLength < HeaderLength)
                {
                    return;
                }

                ReadHeader();
            }

            int part = Math.Min(data.Length, _left);
            _message!.Write(data[..part]);
            _left -= part;
            data = data[part..];
            if (_left == 0)
            {
                EndFragment(messages);
            }
        }
    }

    /// <summary>Makes fragments of a message, whose size only the receiver's own reading of lines bounds.</summary>
    /// <param name="objectId">Its number, above 0.</param>
    /// <param name="message">The message.</param>
    /// <returns>The fragments, headers included.</returns>
    public static IEnumerable<byte[]> Split(long objectId, byte[] message)
    {
        int offset = 0;
        long fragment = 0;
        do
        {
            int length = Math.Min(message.Length - offset, WireLimits.Fragment);
            bool last = offset + length == message.Length;
            byte[] bytes = new byte[HeaderLength + length];
            BinaryPrimitives.WriteInt64BigEndian(bytes, objectId);
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), fragment);
            bytes[16] = (byte)((fragment == 0 ? Start : 0) | (last ? End : 0));
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(17), length);
            message.AsSpan(offset, length).CopyTo(bytes.AsSpan(HeaderLength));
            yield return bytes;
            offset += length;
            fragment++;
        }
        while (offset < message.Length);
    }

    private void ReadHeader()
    {
        long id = BinaryPrimitives.ReadInt64BigEndian(_header);
        long fragment = BinaryPrimitives.ReadInt64BigEndian(_header.AsSpan(8));
        byte flags = _header[16];
        int length = BinaryPrimitives.ReadInt32BigEndian(_header.AsSpan(17));
        bool starts = (flags & Start) != 0;
        if (id <= 0 || flags > (Start | End) || length <= 0)
        {
            throw WireViolation.Of("sent a fragment that is none");
        }

        if (starts != (_message is null) || (starts ? fragment != 0 : id != _object || fragment != _next))
        {
            throw WireViolation.Of("sent fragments out of order");
        }

        _message ??= new MemoryStream();
        if (_message.Length + length > limit)
        {
            throw WireViolation.Of($"sent an object that is larger than {ByteSize.Format(limit)}");
        }

        _object = id;
        _next = fragment + 1;
        _last = (flags & End) != 0;
        _left = length;
    }

    private void EndFragment(List<byte[]> messages)
    {
        _headerLength = 0;
        if (_last)
        {
            messages.Add(_message!.ToArray());
            _message = null;
        }
    }
}
