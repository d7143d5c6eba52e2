using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AgentSandbox.PowerShell.Views;

/// <summary>
/// Text that a guest may have chosen, for a terminal: it must neither steer it nor forge a line of a table. The objects themselves keep every byte; only what views and messages show is cleaned.
/// </summary>
public static partial class TerminalText
{
    /// <summary>Cleans what is shown on one line: control, format (bidirectional) and separator characters are replaced; colours are left out.</summary>
    /// <param name="text">The text; null gives an empty one.</param>
    /// <returns>The text, on one line.</returns>
    public static string Line(string? text) => Clean(text, keepLines: false);

    /// <summary>Cleans what may have several lines: as <see cref="Line"/>, but line ends and tabulators stay.</summary>
    /// <param name="text">The text; null gives an empty one.</param>
    /// <returns>The text.</returns>
    public static string Lines(string? text) => Clean(text, keepLines: true);

    private static string Clean(string? text, bool keepLines)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        string plain = Colour().Replace(text, "");
        StringBuilder? result = null;
        for (int i = 0; i < plain.Length; i++)
        {
            char c = plain[i];
            bool stays = !IsHarmful(c) || (keepLines && (c is '\n' or '\t' || (c == '\r' && i + 1 < plain.Length && plain[i + 1] == '\n')));
            if (!stays)
            {
                result ??= new StringBuilder(plain, 0, i, plain.Length);
            }

            result?.Append(stays ? c : c is '\n' or '\r' or '\t' ? ' ' : '\uFFFD');
        }

        return result?.ToString() ?? plain;
    }

    private static bool IsHarmful(char c) => CharUnicodeInfo.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>Select Graphic Rendition of ECMA-48: what programs write for colours. It harms nobody, but a colour that nothing ends would colour what comes after it.</summary>
    [GeneratedRegex("\e\\[[0-9;:]*m")]
    private static partial Regex Colour();
}
