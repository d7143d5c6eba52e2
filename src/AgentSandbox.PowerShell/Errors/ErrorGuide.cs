namespace AgentSandbox.PowerShell.Errors;

/// <summary>What docs/errors.md says about each error; the assembly carries the page.</summary>
internal static class ErrorGuide
{
    private static readonly Lazy<IReadOnlyDictionary<string, ErrorGuideEntry>> s_entries = new(Read);

    /// <summary>By id, case does not matter.</summary>
    public static IReadOnlyDictionary<string, ErrorGuideEntry> Entries => s_entries.Value;

    private static Dictionary<string, ErrorGuideEntry> Read()
    {
        Dictionary<string, ErrorGuideEntry> entries = new(StringComparer.OrdinalIgnoreCase);
        using Stream page = typeof(ErrorGuide).Assembly.GetManifestResourceStream("errors.md") ?? throw new InvalidOperationException("The assembly lacks errors.md.");
        using StreamReader reader = new(page);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith("| `", StringComparison.Ordinal))
            {
                // A cell's own bars are written \\|.
                string[] cells = [.. line.Replace("\\|", "\0", StringComparison.Ordinal).Trim('|').Split('|').Select(cell => cell.Replace('\0', '|').Trim())];
                Add(cells[0].Trim('`'), cells[1], cells[2]);
            }
            else if (line.StartsWith("- `", StringComparison.Ordinal) && line.IndexOf("`: ", StringComparison.Ordinal) is > 0 and int end)
            {
                // What happened is the first sentence, what to do the rest.
                string text = line[(end + 3)..];
                int stop = text.IndexOf(". ", StringComparison.Ordinal);
                Add(line[3..end], stop < 0 ? text : text[..(stop + 1)], stop < 0 ? "" : text[(stop + 2)..]);
            }
        }

        return entries;

        void Add(string id, string meaning, string remedy) => entries.Add(id, new ErrorGuideEntry(id, Plain(meaning), Plain(remedy)));
    }

    private static string Plain(string text) => text.Replace("`", "", StringComparison.Ordinal);
}

/// <summary>What is known about an error before it happens.</summary>
/// <param name="ErrorId">Its id.</param>
/// <param name="Meaning">What happened.</param>
/// <param name="Remedy">What to do.</param>
internal sealed record ErrorGuideEntry(string ErrorId, string Meaning, string Remedy);
