namespace AgentSandbox.Terminals;

/// <summary>
/// Which of a terminal's functions a sandbox may use. Strings (OSC, DCS) by a list of those that only change what is shown, since terminals add functions
/// of their own here: clipboard (OSC 52, 5522), files and uploads (OSC 1337, 5113), macros and notifications (OSC 9, 777), user-defined keys (DECUDK), and
/// what tmux and screen pass on unseen. Control sequences by a list of those that do more than that.
/// </summary>
internal static class ControlRules
{
    /// <summary>Decides about a control sequence.</summary>
    /// <param name="sequence">What follows CSI, the final byte included.</param>
    /// <returns>Whether it passes.</returns>
    public static bool AllowsControl(ReadOnlySpan<byte> sequence)
    {
        ReadOnlySpan<byte> body = sequence[..^1];
        return sequence[^1] switch
        {
            (byte)'i' => false, // Media copy: prints, or sends the screen as if typed.
            (byte)'t' => Number(body) is not (20 or 21), // Reports the title, which is the sandbox's own text, as if typed.
            (byte)'y' => !body.EndsWith("*"u8), // DECRQCRA: tells what is on the screen, cell by cell.
            _ => true,
        };
    }

    /// <summary>Decides about a control string.</summary>
    /// <param name="header">Its introducer as a letter and, up to the first byte that is no digit, the number of an OSC; or parameters and final byte of a DCS.</param>
    /// <returns>Whether it passes.</returns>
    public static bool AllowsString(ReadOnlySpan<byte> header) => header[0] switch
    {
        (byte)']' => AllowsCommand(header[1..]),
        (byte)'P' => AllowsDevice(header[1..]),
        _ => false, // SOS, PM, APC: no use that every terminal knows.
    };

    /// <summary>Titles, colours, hyperlinks, marks of a prompt. Their numbers, and what resets them.</summary>
    private static bool AllowsCommand(ReadOnlySpan<byte> text)
    {
        bool isWhole = text.Length == 0 || text[^1] is (byte)';' or (>= (byte)'0' and <= (byte)'9');
        return isWhole && text.Length > 0 && char.IsAsciiDigit((char)text[0]) && Number(text) is 0 or 1 or 2 or 4 or 5 or 8 or (>= 10 and <= 19) or 104 or 105 or (>= 110 and <= 119) or 133;
    }

    /// <summary>Sixel pictures, questions about settings and capabilities, updates in one go.</summary>
    private static bool AllowsDevice(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> parameters = text[..^1];
        return text[^1] switch
        {
            (byte)'q' => parameters.IndexOfAnyExceptInRange((byte)'0', (byte)';') < 0 || parameters.SequenceEqual("$"u8) || parameters.SequenceEqual("+"u8),
            (byte)'s' => parameters.StartsWith("="u8),
            _ => false,
        };
    }

    /// <summary>The first parameter; 0 when there is none, and a large number when it has no end.</summary>
    internal static int Number(ReadOnlySpan<byte> text)
    {
        int number = 0;
        foreach (byte b in text)
        {
            if (b is < (byte)'0' or > (byte)'9')
            {
                break;
            }

            number = Math.Min((number * 10) + b - '0', 1_000_000);
        }

        return number;
    }
}
