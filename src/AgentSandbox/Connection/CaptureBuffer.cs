namespace AgentSandbox.Connection;

/// <summary>
/// Reads a stream to its end and keeps the first bytes. Grows by pieces, so that a large output is neither copied again and again nor
/// needs an array that is larger than itself until the end.
/// </summary>
internal sealed class CaptureBuffer
{
    private const int SmallestPiece = 4 * 1024;
    private const int LargestPiece = 1024 * 1024;

    private readonly List<byte[]> _fullPieces = [];
    private readonly int _limit;
    private byte[] _piece = [];
    private int _pieceFilled;
    private int _count;

    /// <summary>Creates an empty buffer.</summary>
    /// <param name="limit">Bytes to keep.</param>
    public CaptureBuffer(int limit) => _limit = limit;

    /// <summary>Bytes came that were not kept.</summary>
    public bool IsTruncated { get; private set; }

    /// <summary>Reads to the end of a stream.</summary>
    /// <param name="source">The stream.</param>
    /// <returns>A task that completes at the end.</returns>
    public async Task ReadToEndAsync(Stream source)
    {
        while (_count < _limit)
        {
            MakeRoom();
            int count = await source.ReadAsync(_piece.AsMemory(_pieceFilled));
            if (count == 0)
            {
                return;
            }

            _pieceFilled += count;
            _count += count;
        }

        byte[] rest = new byte[64 * 1024];
        while (await source.ReadAsync(rest) > 0)
        {
            IsTruncated = true;
        }
    }

    /// <summary>Joins what was kept.</summary>
    /// <returns>The bytes.</returns>
    public byte[] ToArray()
    {
        byte[] all = new byte[_count];
        int offset = 0;
        foreach (byte[] piece in _fullPieces)
        {
            piece.CopyTo(all, offset);
            offset += piece.Length;
        }

        _piece.AsSpan(0, _pieceFilled).CopyTo(all.AsSpan(offset));
        return all;
    }

    private void MakeRoom()
    {
        if (_pieceFilled < _piece.Length)
        {
            return;
        }

        if (_piece.Length > 0)
        {
            _fullPieces.Add(_piece);
        }

        int size = Math.Min(Math.Max(SmallestPiece, _piece.Length * 2), LargestPiece);
        _piece = new byte[Math.Min(size, _limit - _count)];
        _pieceFilled = 0;
    }
}
