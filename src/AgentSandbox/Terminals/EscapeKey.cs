namespace AgentSandbox.Terminals;

/// <summary>Finds the way out: Ctrl+] three times within a second, and nothing between.</summary>
internal sealed class EscapeKey
{
    private const byte Key = 0x1D;
    private const int Times = 3;
    private const long WithinMilliseconds = 1000;

    private int _count;
    private long _first;

    /// <summary>Looks at what was typed.</summary>
    /// <param name="typed">The bytes.</param>
    /// <param name="now">The time in milliseconds.</param>
    /// <returns>Bytes up to and without the key that completes it; -1 when it is not complete.</returns>
    public int Find(ReadOnlySpan<byte> typed, long now)
    {
        for (int i = 0; i < typed.Length; i++)
        {
            if (typed[i] != Key)
            {
                _count = 0;
                continue;
            }

            if (_count == 0 || now - _first > WithinMilliseconds)
            {
                _count = 0;
                _first = now;
            }

            if (++_count == Times)
            {
                _count = 0;
                return i;
            }
        }

        return -1;
    }
}
