using System.Text;

namespace AgentSandbox.Host.CommandLine.Output;

/// <summary>An aligned table in plain text: a line for the heads, a line for each row, two spaces between columns.</summary>
internal sealed class TableWriter
{
    private readonly string[] _heads;
    private readonly List<string[]> _rows = [];

    /// <summary>Starts a table.</summary>
    /// <param name="heads">The columns' heads.</param>
    public TableWriter(params string[] heads)
    {
        _heads = heads;
    }

    /// <summary>Adds a row.</summary>
    /// <param name="cells">A cell for each column.</param>
    public void Add(params string?[] cells)
    {
        if (cells.Length != _heads.Length)
        {
            throw new ArgumentException($"{_heads.Length} cells are needed, {cells.Length} were given.", nameof(cells));
        }

        _rows.Add([.. cells.Select(c => PrintableText.Clean(string.IsNullOrEmpty(c) ? "-" : c))]);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        int[] widths = [.. _heads.Select((h, i) => _rows.Select(r => r[i].Length).Append(h.Length).Max())];
        text.Append(Terminal.Bold(Line(_heads, widths))).Append('\n');
        foreach (string[] row in _rows)
        {
            text.Append(Line(row, widths)).Append('\n');
        }

        return text.ToString();
    }

    private static string Line(string[] cells, int[] widths) => string.Join("  ", cells.Select((c, i) => i == cells.Length - 1 ? c : c.PadRight(widths[i])));
}
