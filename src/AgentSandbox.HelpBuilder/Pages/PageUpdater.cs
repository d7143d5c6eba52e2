using System.Text;
using AgentSandbox.HelpBuilder.Cmdlets;

namespace AgentSandbox.HelpBuilder.Pages;

/// <summary>Rewrites the parts of a page that come from the compiled cmdlet.</summary>
internal static class PageUpdater
{
    /// <summary>Rewrites a page.</summary>
    public static void Update(string file, CmdletModel cmdlet) => File.WriteAllText(file, Rewrite(File.ReadAllText(file), cmdlet));

    /// <summary>Says whether <see cref="Update"/> would change nothing.</summary>
    public static bool IsCurrent(string file, CmdletModel cmdlet)
    {
        string text = File.ReadAllText(file);
        return text.ReplaceLineEndings("\n") == Rewrite(text, cmdlet);
    }

    private static string Rewrite(string text, CmdletModel cmdlet)
    {
        string normal = text.ReplaceLineEndings("\n");
        StringBuilder result = new();
        result.Append("# ").Append(cmdlet.Name).Append("\n\n");
        foreach (Section section in HelpPage.Sections(normal, "## "))
        {
            if (section.Heading != "SYNTAX")
            {
                result.Append("## ").Append(section.Heading).Append("\n\n").Append(section.Heading == "PARAMETERS" ? Parameters(section.Body, cmdlet) : section.Body).Append("\n\n");
            }

            if (section.Heading == "SYNOPSIS")
            {
                result.Append("## SYNTAX\n\n").Append(Syntax(cmdlet)).Append("\n\n");
            }
        }

        return result.ToString().TrimEnd('\n') + "\n";
    }

    private static string Syntax(CmdletModel cmdlet) => $"```\n{string.Join("\n\n", cmdlet.Sets.Select(set => SyntaxText.Write(cmdlet, set)))}\n```";

    private static string Parameters(string body, CmdletModel cmdlet)
    {
        // Unknown ones are kept, for the checker to name them.
        IEnumerable<string> parts = HelpPage.Sections(body, "### -").Select(section =>
        {
            string text = MarkdownText.WithoutFence(section.Body, "yaml");
            ParameterModel? parameter = cmdlet.Parameters.FirstOrDefault(candidate => candidate.Name == section.Heading);
            return parameter is null ? $"### -{section.Heading}\n\n{text}" : $"### -{section.Heading}\n\n{text}\n\n{Facts(parameter)}";
        });
        return string.Join("\n\n", parts);
    }

    private static string Facts(ParameterModel parameter)
    {
        ParameterSetModel first = parameter.Sets[0];
        StringBuilder facts = new("```yaml\n");
        facts.Append("Type: ").Append(parameter.TypeName).Append('\n');
        if (first.Set != ParameterSetModel.All)
        {
            facts.Append("Parameter sets: ").Append(string.Join(", ", parameter.Sets.Select(set => set.Set))).Append('\n');
        }

        if (parameter.Aliases.Count > 0)
        {
            facts.Append("Aliases: ").Append(string.Join(", ", parameter.Aliases)).Append('\n');
        }

        if (parameter.Values.Count > 0)
        {
            facts.Append("Accepted values: ").Append(string.Join(", ", parameter.Values)).Append('\n');
        }

        facts.Append("Required: ").Append(first.Mandatory).Append('\n');
        facts.Append("Position: ").Append(first.Position?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "Named").Append('\n');
        facts.Append("Pipeline input: ").Append(first.Pipeline).Append('\n');
        return facts.Append("Wildcards: ").Append(parameter.Wildcards).Append("\n```").ToString();
    }
}
