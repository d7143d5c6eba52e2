using System.Globalization;
using System.Text;

namespace AgentSandbox.Copying.Files;

/// <summary>Makes names and messages that a hostile program chose fit for a terminal, a log line and an error message.</summary>
internal static class DisplayText
{
    /// <summary>Characters kept; a longer text is cut.</summary>
    public const int MaxLength = 512;

    /// <summary>Decodes as UTF-8 and replaces what could steer a terminal or forge a line.</summary>
    /// <param name="text">The bytes; a NUL at the end is dropped.</param>
    /// <returns>One printable line.</returns>
    public static string Of(ReadOnlySpan<byte> text)
    {
        // 4 bytes a character is the most that UTF-8 has: nothing that would be shown is cut here.
        text = text is [.., 0] ? text[..^1] : text;
        return Of(Encoding.UTF8.GetString(text[..Math.Min(text.Length, MaxLength * 4)]));
    }

    /// <summary>Replaces control, format (bidirectional) and separator characters by U+FFFD.</summary>
    /// <param name="text">The text.</param>
    /// <returns>One printable line.</returns>
    public static string Of(string text)
    {
        StringBuilder shown = new(Math.Min(text.Length, MaxLength) + 1);
        foreach (char c in text)
        {
            if (shown.Length == MaxLength)
            {
                shown.Append('…');
                break;
            }

            shown.Append(IsHarmful(c) ? '\uFFFD' : c);
        }

        return shown.ToString();
    }

    private static bool IsHarmful(char c) => CharUnicodeInfo.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
