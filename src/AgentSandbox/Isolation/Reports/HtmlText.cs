using System.Text;

namespace AgentSandbox.Isolation.Reports;

/// <summary>The one way by which anything comes into the page: as markup, which is our own words, or as text, which is encoded.</summary>
/// <param name="writer">Where to.</param>
internal sealed class HtmlText(TextWriter writer)
{
    /// <summary>Writes markup. Never what came from elsewhere, unless <see cref="Encode"/> was over it.</summary>
    /// <param name="markup">The markup.</param>
    public void Markup(string markup) => writer.Write(markup);

    /// <summary>Writes text.</summary>
    /// <param name="text">The text.</param>
    public void Text(string? text) => writer.Write(Encode(text));

    /// <summary>Writes text whose letters may run from right to left, without an effect on what stands around it.</summary>
    /// <param name="text">The text.</param>
    public void Bidi(string? text) => writer.Write($"<bdi>{Encode(text)}</bdi>");

    /// <summary>Encodes text for an element's content or a quoted attribute.</summary>
    /// <param name="text">The text.</param>
    /// <returns>What shows as the text and is nothing else.</returns>
    public static string Encode(string? text)
    {
        var result = new StringBuilder();
        foreach (char c in ReportText.Clean(text))
        {
            _ = c switch
            {
                '&' => result.Append("&amp;"),
                '<' => result.Append("&lt;"),
                '>' => result.Append("&gt;"),
                '"' => result.Append("&quot;"),
                '\'' => result.Append("&#39;"),
                '`' => result.Append("&#96;"),
                '=' => result.Append("&#61;"),
                _ => result.Append(c),
            };
        }

        return result.ToString();
    }
}
