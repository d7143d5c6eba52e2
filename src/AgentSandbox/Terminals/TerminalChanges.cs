using System.Buffers;
using System.Globalization;
using System.Text;

namespace AgentSandbox.Terminals;

/// <summary>What a program has changed on a terminal and not taken back: an editor that was killed leaves its screen and its mouse behind.</summary>
internal sealed class TerminalChanges
{
    /// <summary>DEC private modes that are on in an ordinary terminal: wrapping, and the cursor.</summary>
    private static readonly int[] s_on = [7, 25];

    /// <summary>
    /// DEC private modes that change what is typed or shown: cursor keys, reverse video, origin, mouse (9, 1000-1016), focus (1004), keypad (66), alternate screen (47,
    /// 1047, 1049), pasting (2004), updates held back (2026). The alternate screen comes first: others may be kept for each screen.
    /// </summary>
    private static readonly int[] s_off = [1049, 1047, 47, 1, 5, 6, 9, 66, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004, 2026];

    private readonly HashSet<int> _modes = [];
    private bool _keypad;
    private bool _characterSet;
    private bool _insert;
    private bool _region;
    private bool _cursor;
    private bool _keyboard;
    private bool _otherKeys;
    private bool _colours;

    /// <summary>Questions for the primary device attributes: DA1, and DECID, which is the same.</summary>
    public int Questions { get; private set; }

    /// <summary>A C0 control.</summary>
    /// <param name="b">Its byte.</param>
    public void OnControl(byte b) => _characterSet |= b == 0x0E; // SO: what is a letter becomes a line.

    /// <summary>An escape sequence.</summary>
    /// <param name="sequence">What follows ESC.</param>
    public void OnEscape(ReadOnlySpan<byte> sequence)
    {
        Questions += sequence[^1] == (byte)'Z' ? 1 : 0;
        _keypad |= sequence[^1] == (byte)'=';
        _characterSet |= sequence.Length > 1 && sequence[0] is (byte)'(' or (byte)')';
    }

    /// <summary>A control sequence.</summary>
    /// <param name="sequence">What follows CSI.</param>
    public void OnControlSequence(ReadOnlySpan<byte> sequence)
    {
        ReadOnlySpan<byte> body = sequence[..^1];
        byte first = body.IsEmpty ? (byte)0 : body[0];
        switch (sequence[^1])
        {
            case (byte)'h' or (byte)'l' when first == (byte)'?':
                OnModes(body[1..], sequence[^1] == (byte)'h');
                break;
            case (byte)'h' or (byte)'l':
                _insert |= body.SequenceEqual("4"u8);
                break;
            case (byte)'c' when first is 0 or (>= (byte)'0' and <= (byte)';'):
                Questions++;
                break;
            case (byte)'r' when first is 0 or (>= (byte)'0' and <= (byte)';'):
                _region = true;
                break;
            case (byte)'q' when body.EndsWith(" "u8):
                _cursor = true;
                break;
            case (byte)'u' when first is (byte)'>' or (byte)'=':
                _keyboard = true;
                break;
            case (byte)'m' when first == (byte)'>':
                _otherKeys = true;
                break;
            default:
                break;
        }
    }

    /// <summary>A control string that passes.</summary>
    /// <param name="header">Its introducer as a letter, and the number.</param>
    public void OnString(ReadOnlySpan<byte> header) => _colours |= header[0] == (byte)']' && ControlRules.Number(header[1..]) is 4 or 5 or (>= 10 and <= 19);

    /// <summary>Writes what takes it back.</summary>
    /// <param name="output">Receives it.</param>
    public void WriteRestore(IBufferWriter<byte> output)
    {
        foreach (int mode in s_off.Where(_modes.Contains))
        {
            Write(output, $"\x1b[?{mode.ToString(CultureInfo.InvariantCulture)}l");
        }

        foreach (int mode in s_on.Where(_modes.Contains))
        {
            Write(output, $"\x1b[?{mode.ToString(CultureInfo.InvariantCulture)}h");
        }

        Write(output, "\x1b[0m");
        WriteIf(_keypad, "\x1b>");
        WriteIf(_characterSet, "\x0f\x1b(B\x1b)0");
        WriteIf(_insert, "\x1b[4l");
        WriteIf(_region, "\x1b" + "7\x1b[r\x1b" + "8"); // It would move the cursor to the top.
        WriteIf(_cursor, "\x1b[0 q");
        WriteIf(_keyboard, "\x1b[=0u\x1b[<9u");
        WriteIf(_otherKeys, "\x1b[>4m");
        WriteIf(_colours, "\x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\");
        _modes.Clear();
        _keypad = _characterSet = _insert = _region = _cursor = _keyboard = _otherKeys = _colours = false;

        void WriteIf(bool condition, string text)
        {
            if (condition)
            {
                Write(output, text);
            }
        }
    }

    private void OnModes(ReadOnlySpan<byte> text, bool isSet)
    {
        foreach (Range range in Split(text))
        {
            int mode = ControlRules.Number(text[range]);
            if (Array.IndexOf(s_on, mode) >= 0 ? !isSet : isSet && Array.IndexOf(s_off, mode) >= 0)
            {
                _modes.Add(mode);
            }
            else
            {
                _modes.Remove(mode);
            }
        }
    }

    private static List<Range> Split(ReadOnlySpan<byte> text)
    {
        List<Range> ranges = [];
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || text[i] == (byte)';')
            {
                ranges.Add(start..i);
                start = i + 1;
            }
        }

        return ranges;
    }

    private static void Write(IBufferWriter<byte> output, string text) => output.Write(Encoding.ASCII.GetBytes(text));
}
