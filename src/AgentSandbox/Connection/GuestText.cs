using System.Globalization;
using System.Text;

namespace AgentSandbox.Connection;

/// <summary>
/// Makes text that a guest chose fit to be shown: a terminal must not obey it, and it must not flood the screen.
/// </summary>
internal static class GuestText
{
    /// <summary>Longest text that is shown, in UTF-16 units.</summary>
    public const int MaxLength = 500;

    /// <summary>Strips control, format (such as those that turn the direction of writing) and line-separating characters, and cuts the text.</summary>
    /// <param name="text">The text; null is empty.</param>
    /// <returns>At most <see cref="MaxLength"/> UTF-16 units.</returns>
    public static string Clean(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var result = new StringBuilder(Math.Min(text.Length, MaxLength));
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            {
                continue;
            }

            // One unit stays free for the ellipsis.
            if (result.Length + rune.Utf16SequenceLength > MaxLength - 1)
            {
                return result.Append('…').ToString();
            }

            result.Append(rune.ToString());
        }

        return result.ToString();
    }
}
