using System.Globalization;

namespace AgentSandbox.Host.CommandLine.Output;

/// <summary>Text that may come from a guest, made harmless for a terminal.</summary>
internal static class PrintableText
{
    /// <summary>Replaces control and formatting characters (escape sequences, line ends, bidirectional overrides) by U+FFFD.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The text, safe to print on one line.</returns>
    public static string Clean(string text) => text.Any(IsHarmful) ? string.Concat(text.Select(c => IsHarmful(c) ? '\uFFFD' : c)) : text;

    private static bool IsHarmful(char character) => char.GetUnicodeCategory(character) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
