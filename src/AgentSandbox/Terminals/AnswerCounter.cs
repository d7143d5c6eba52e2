namespace AgentSandbox.Terminals;

/// <summary>Counts a terminal's answers to the question for its primary device attributes, <c>ESC [ ? digits ; ... c</c>, in what is typed.</summary>
internal sealed class AnswerCounter
{
    private const byte Escape = 0x1B;

    private int _matched;

    /// <summary>Answers so far.</summary>
    public int Count { get; private set; }

    /// <summary>Looks at more bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Take(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            _matched = (_matched, b) switch
            {
                (_, Escape) => 1,
                (1, (byte)'[') => 2,
                (2, (byte)'?') => 3,
                (3, >= (byte)'0' and <= (byte)';') => 3,
                (3, (byte)'c') => 4,
                _ => 0,
            };
            Count += _matched == 4 ? 1 : 0;
        }
    }
}
