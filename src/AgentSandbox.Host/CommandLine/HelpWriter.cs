using System.CommandLine;
using System.Text;
using AgentSandbox.Host.CommandLine.Output;

namespace AgentSandbox.Host.CommandLine;

/// <summary>Writes a verb's help: usage, what it does, arguments, options, examples, notes.</summary>
internal static class HelpWriter
{
    /// <summary>Writes it to standard output.</summary>
    /// <param name="verb">The verb.</param>
    public static void Write(Verb verb) => Report.Text(Format(verb));

    /// <summary>Formats it.</summary>
    /// <param name="verb">The verb.</param>
    /// <returns>The text.</returns>
    internal static string Format(Verb verb)
    {
        var text = new StringBuilder();
        text.Append(verb.Description).Append("\n\nUsage: ").Append(verb.Usage).Append('\n');
        Section(text, "Commands", [.. verb.Subcommands.Select(s => (s.Name, s.Description ?? ""))]);
        Section(text, "Arguments", [.. verb.Arguments.Where(a => !a.Hidden).Select(a => (a.HelpName ?? a.Name, a.Description ?? ""))]);
        Section(text, "Options", [.. verb.Options.Append(CommandTree.Help).Distinct().Where(o => !o.Hidden).Select(o => (Label(o), o.Description ?? ""))]);
        if (verb.Examples.Count > 0)
        {
            text.Append("\nExamples:\n");
            foreach ((string what, string lines) in verb.Examples)
            {
                text.Append("  # ").Append(what).Append('\n');
                foreach (string line in lines.Split('\n'))
                {
                    text.Append("  ").Append(line).Append('\n');
                }

                text.Append('\n');
            }

            text.Length--;
        }

        if (verb.Notes is not null)
        {
            text.Append('\n').Append(verb.Notes).Append('\n');
        }

        if (verb.Subcommands.Count > 0)
        {
            text.Append("\nThe help of one command: ").Append(verb.FullName).Append(" COMMAND --help\n");
        }

        return text.ToString();
    }

    private static string Label(Option option)
    {
        string names = string.Join(", ", option.Aliases.Where(a => a != "-?").OrderBy(a => a.Length).Append(option.Name));
        return option.ValueType == typeof(bool) ? names : $"{names} {option.HelpName}";
    }

    private static void Section(StringBuilder text, string title, IReadOnlyList<(string Left, string Right)> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        text.Append('\n').Append(title).Append(":\n");
        int width = rows.Max(r => r.Left.Length) + 2;
        foreach ((string left, string right) in rows)
        {
            text.Append("  ").Append(left.PadRight(width)).Append(right.ReplaceLineEndings("\n" + new string(' ', width + 2))).Append('\n');
        }
    }
}
