using System.Buffers;

namespace AgentSandbox.Protocol;

/// <summary>
/// Cuts a byte stream into frames, however it is sliced. Holds at most one frame; throws on the first byte that no valid peer sends
/// and stays failed from then on.
/// </summary>
public sealed class FrameDecoder : IDisposable
{
    private readonly byte[] _headerBytes = new byte[ProtocolLimits.HeaderSize];
    private byte[] _payload = [];
    private int _headerFilled;
    private int _payloadFilled;
    private bool _hasHeader;
    private bool _failed;

    /// <summary>The header of the frame that the last successful <see cref="TryRead"/> completed.</summary>
    public FrameHeader Header { get; private set; }

    /// <summary>The payload of that frame. Valid until the next call.</summary>
    public ReadOnlySpan<byte> Payload => _payload.AsSpan(0, Header.Length);

    /// <summary>True when the stream ends between two frames, false when it ends inside one.</summary>
    public bool IsAtFrameBoundary => !_hasHeader && _headerFilled == 0;

    /// <summary>Takes bytes until a frame is complete or the input is used up.</summary>
    /// <param name="input">Received bytes; what was taken is cut off its front.</param>
    /// <returns>True when <see cref="Header"/> and <see cref="Payload"/> hold a new frame.</returns>
    /// <exception cref="ProtocolViolationException">The bytes are no valid frame; also on every later call.</exception>
    public bool TryRead(ref ReadOnlySpan<byte> input)
    {
        if (_failed)
        {
            throw new ProtocolViolationException("The connection has already failed.");
        }

        if (!_hasHeader)
        {
            int take = Math.Min(ProtocolLimits.HeaderSize - _headerFilled, input.Length);
            input[..take].CopyTo(_headerBytes.AsSpan(_headerFilled));
            _headerFilled += take;
            input = input[take..];
            if (_headerFilled < ProtocolLimits.HeaderSize)
            {
                return false;
            }

            try
            {
                Header = FrameHeader.Read(_headerBytes);
            }
            catch (ProtocolViolationException)
            {
                _failed = true;
                throw;
            }

            EnsureCapacity(Header.Length);
            _hasHeader = true;
            _payloadFilled = 0;
        }

        int wanted = Math.Min(Header.Length - _payloadFilled, input.Length);
        input[..wanted].CopyTo(_payload.AsSpan(_payloadFilled));
        _payloadFilled += wanted;
        input = input[wanted..];
        if (_payloadFilled < Header.Length)
        {
            return false;
        }

        _hasHeader = false;
        _headerFilled = 0;
        return true;
    }

    /// <summary>Gives the buffer back.</summary>
    public void Dispose()
    {
        _failed = true;
        if (_payload.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_payload);
            _payload = [];
        }

        Header = default;
    }

    private void EnsureCapacity(int length)
    {
        if (_payload.Length >= length)
        {
            return;
        }

        if (_payload.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_payload);
        }

        _payload = ArrayPool<byte>.Shared.Rent(length);
    }
}
