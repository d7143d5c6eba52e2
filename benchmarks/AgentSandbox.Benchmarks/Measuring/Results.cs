using System.Globalization;

namespace AgentSandbox.Benchmarks.Measuring;

/// <summary>Collects what was measured and prints it: one table, then each target with what became of it.</summary>
internal sealed class Results
{
    private readonly List<string[]> _rows = [["What", "Contender", "Median", "p95", "Ratio to ours"]];
    private readonly List<string[]> _targets = [["Target", "Measured", "Result"]];
    private readonly List<string> _notes = [];

    /// <summary>Adds the contenders of one row.</summary>
    /// <param name="what">What was measured.</param>
    /// <param name="samples">The contenders' samples.</param>
    /// <param name="ours">Name of the contender that the others are compared with.</param>
    /// <param name="unit">Unit of the samples.</param>
    public void Add(string what, IReadOnlyDictionary<string, Samples> samples, string ours, string unit)
    {
        foreach ((string name, Samples s) in samples.OrderByDescending(s => s.Key == ours).ThenBy(s => s.Value.Median))
        {
            _rows.Add([what, name, $"{Number(s.Median)} {unit}", $"{Number(s.P95)} {unit}", name == ours ? "" : $"{Number(s.Median / samples[ours].Median)}x"]);
            what = "";
        }
    }

    /// <summary>Adds a target.</summary>
    /// <param name="target">What is wanted.</param>
    /// <param name="measured">What was measured.</param>
    /// <param name="met">Whether that is enough; null when there was nothing to compare with.</param>
    public void Target(string target, string measured, bool? met) => _targets.Add([target, measured, met switch { true => "pass", false => "MISS", null => "not measured" }]);

    /// <summary>Adds a remark.</summary>
    /// <param name="note">The remark.</param>
    public void Note(string note) => _notes.Add(note);

    /// <summary>Formats a number with three digits that mean something.</summary>
    /// <param name="value">The number.</param>
    /// <returns>The text.</returns>
    public static string Number(double value) => value.ToString(value switch { >= 100 => "0", >= 10 => "0.0", >= 1 => "0.00", _ => "0.000" }, CultureInfo.InvariantCulture);

    /// <summary>Prints everything to standard output.</summary>
    public void Print()
    {
        Console.WriteLine();
        Print(_rows);
        Console.WriteLine();
        Print(_targets);
        foreach (string note in _notes)
        {
            Console.WriteLine($"note: {note}");
        }
    }

    private static void Print(List<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => r[i].Length))];
        foreach (string[] row in rows)
        {
            Console.WriteLine(string.Join("  ", row.Select((c, i) => c.PadRight(widths[i]))).TrimEnd());
        }
    }
}
