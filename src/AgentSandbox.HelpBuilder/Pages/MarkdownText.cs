using System.Text;
using System.Text.RegularExpressions;

namespace AgentSandbox.HelpBuilder.Pages;

/// <summary>Turns the Markdown of the pages into the plain paragraphs of Get-Help.</summary>
internal static partial class MarkdownText
{
    /// <summary>Paragraphs: wrapped lines joined, list items and code lines kept.</summary>
    public static IEnumerable<string> Paragraphs(string markdown)
    {
        StringBuilder paragraph = new();
        bool fenced = false;
        foreach (string line in markdown.Split('\n').Append(""))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                fenced = !fenced;
                continue;
            }

            if (!fenced && line.Length == 0)
            {
                if (paragraph.Length > 0)
                {
                    yield return paragraph.ToString();
                    paragraph.Clear();
                }

                continue;
            }

            bool item = line.StartsWith("- ", StringComparison.Ordinal) || line.StartsWith('|');
            if (paragraph.Length > 0)
            {
                paragraph.Append(item || fenced ? '\n' : ' ');
            }

            paragraph.Append(fenced ? "    " + line : Plain(line));
        }

        if (paragraph.Length > 0)
        {
            yield return paragraph.ToString();
        }
    }

    /// <summary>One line without marks.</summary>
    public static string Plain(string markdown) => Link().Replace(markdown.ReplaceLineEndings(" ").Trim(), "$1").Replace("`", "", StringComparison.Ordinal).Replace("**", "", StringComparison.Ordinal);

    /// <summary>Drops the code blocks of one language.</summary>
    public static string WithoutFence(string markdown, string language)
    {
        List<string> kept = [];
        bool dropping = false;
        foreach (string line in markdown.Split('\n'))
        {
            if (dropping)
            {
                dropping = line != "```";
                continue;
            }

            dropping = line == "```" + language;
            if (!dropping)
            {
                kept.Add(line);
            }
        }

        return string.Join('\n', kept).Trim('\n');
    }

    [GeneratedRegex(@"\[([^\]]+)\]\([^)]+\)")]
    private static partial Regex Link();
}
