using System.Globalization;
using System.Text;

namespace AgentSandbox.Isolation.Reports;

/// <summary>Text for a report that people read, made harmless before a format's own escaping.</summary>
internal static class ReportText
{
    /// <summary>Longer texts are cut: a page of evidence for one verdict helps nobody, and hides the others.</summary>
    public const int MaxLength = 2000;

    /// <summary>
    /// Replaces what is not seen, or changes how the rest is seen, by its code point in words: control characters, line ends, bidirectional marks and
    /// other formats, halves of pairs. Cuts what is too long, and says so.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <returns>Text on one line.</returns>
    public static string Clean(string? text)
    {
        var result = new StringBuilder();
        int read = 0;
        foreach (Rune rune in (text ?? "").EnumerateRunes())
        {
            if (result.Length >= MaxLength)
            {
                return result.Append(CultureInfo.InvariantCulture, $"… ({text!.Length - read} more characters)").ToString();
            }

            read += rune.Utf16SequenceLength;
            if (IsSeen(rune))
            {
                result.Append(rune);
            }
            else
            {
                result.Append(CultureInfo.InvariantCulture, $"<U+{rune.Value:X4}>");
            }
        }

        return result.ToString();
    }

    /// <summary>A length of time as people read it.</summary>
    /// <param name="time">The time.</param>
    /// <returns>Milliseconds below a second, else seconds.</returns>
    public static string Time(TimeSpan time) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(time.TotalSeconds < 1 ? time.TotalMilliseconds : time.TotalSeconds):0.#} {(time.TotalSeconds < 1 ? "ms" : "s")}");

    /// <summary>The grade as people read it.</summary>
    /// <param name="grade">The grade.</param>
    /// <returns>A letter, or words.</returns>
    public static string Grade(IsolationGrade grade) => grade == IsolationGrade.NotGraded ? "not graded" : grade.ToString();

    /// <summary>When a report was made.</summary>
    /// <param name="created">The time.</param>
    /// <returns>ISO 8601 to the second, UTC.</returns>
    public static string Date(DateTimeOffset created) => created.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    // U+FFFD is what EnumerateRunes makes of half a pair; XML could not hold the half itself.
    private static bool IsSeen(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.Surrogate);
}
