using System.Text;

namespace AgentSandbox.HelpBuilder.Pages;

/// <summary>A cmdlet's page: Markdown in the layout that platyPS made common.</summary>
internal sealed class HelpPage
{
    private HelpPage()
    {
    }

    /// <summary>First heading.</summary>
    public string Title { get; private set; } = "";

    /// <summary>SYNOPSIS.</summary>
    public string Synopsis { get; private set; } = "";

    /// <summary>DESCRIPTION.</summary>
    public string Description { get; private set; } = "";

    /// <summary>EXAMPLES.</summary>
    public List<HelpExample> Examples { get; } = [];

    /// <summary>PARAMETERS, by name.</summary>
    public Dictionary<string, string> Parameters { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>INPUTS: type and text.</summary>
    public List<(string Type, string Text)> Inputs { get; } = [];

    /// <summary>OUTPUTS: type and text.</summary>
    public List<(string Type, string Text)> Outputs { get; } = [];

    /// <summary>NOTES.</summary>
    public string Notes { get; private set; } = "";

    /// <summary>RELATED LINKS: the texts of the list's items.</summary>
    public List<string> Links { get; } = [];

    /// <summary>Reads a page.</summary>
    public static HelpPage Parse(string text)
    {
        HelpPage page = new();
        foreach (Section section in Sections(text, "# "))
        {
            page.Title = section.Heading;
            foreach (Section part in Sections(section.Body, "## "))
            {
                page.Take(part);
            }
        }

        return page;
    }

    /// <summary>Splits at headings of one level; lines in code blocks are no headings.</summary>
    public static IEnumerable<Section> Sections(string text, string marker)
    {
        string? heading = null;
        StringBuilder body = new();
        bool fenced = false;
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                fenced = !fenced;
            }

            if (!fenced && line.StartsWith(marker, StringComparison.Ordinal))
            {
                if (heading is not null)
                {
                    yield return new Section(heading, body.ToString().Trim('\n'));
                }

                heading = line[marker.Length..].Trim();
                body.Clear();
                continue;
            }

            body.Append(line).Append('\n');
        }

        if (heading is not null)
        {
            yield return new Section(heading, body.ToString().Trim('\n'));
        }
    }

    private void Take(Section section)
    {
        switch (section.Heading)
        {
            case "SYNOPSIS":
                Synopsis = MarkdownText.Plain(section.Body);
                break;
            case "DESCRIPTION":
                Description = section.Body;
                break;
            case "EXAMPLES":
                Examples.AddRange(Sections(section.Body, "### ").Select(HelpExample.Parse));
                break;
            case "PARAMETERS":
                foreach (Section parameter in Sections(section.Body, "### -"))
                {
                    Parameters[parameter.Heading] = MarkdownText.WithoutFence(parameter.Body, "yaml");
                }

                break;
            case "INPUTS":
                Inputs.AddRange(Sections(section.Body, "### ").Select(part => (part.Heading, part.Body)));
                break;
            case "OUTPUTS":
                Outputs.AddRange(Sections(section.Body, "### ").Select(part => (part.Heading, part.Body)));
                break;
            case "NOTES":
                Notes = section.Body;
                break;
            case "RELATED LINKS":
                Links.AddRange(section.Body.Split('\n').Where(line => line.StartsWith("- ", StringComparison.Ordinal)).Select(line => MarkdownText.Plain(line[2..])));
                break;
            default:
                break;
        }
    }
}

/// <summary>A heading and what is below it.</summary>
internal sealed record Section(string Heading, string Body);

/// <summary>An example: title, what comes before the code, code, what comes after.</summary>
internal sealed record HelpExample(string Title, string Code, string Remarks)
{
    /// <summary>Reads an example; its first code block is the code, the rest are remarks.</summary>
    public static HelpExample Parse(Section section)
    {
        string[] lines = section.Body.Split('\n');
        int start = Array.FindIndex(lines, line => line.StartsWith("```", StringComparison.Ordinal));
        int end = start < 0 ? -1 : Array.FindIndex(lines, start + 1, line => line.StartsWith("```", StringComparison.Ordinal));
        return end < 0
            ? new HelpExample(section.Heading, "", section.Body)
            : new HelpExample(section.Heading, string.Join('\n', lines[(start + 1)..end]), string.Join('\n', lines[..start].Concat(lines[(end + 1)..])).Trim('\n'));
    }
}
