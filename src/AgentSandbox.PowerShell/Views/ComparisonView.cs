using System.Globalization;
using System.Management.Automation;
using AgentSandbox.Isolation;

namespace AgentSandbox.PowerShell.Views;

/// <summary>
/// The lines of the matrix that Compare-SandboxBackend shows. AgentSandbox.Isolation.Format.ps1xml calls this: a table of PowerShell has the same columns for all objects,
/// and here the backends are the columns. Colours are escape sequences, which PowerShell takes out again where $PSStyle.OutputRendering or NO_COLOR says so.
/// </summary>
public static class ComparisonView
{
    private const int SeverityWidth = 10;
    private const int FullCell = 15;
    private const int ShortCell = 9;
    private const int SmallestName = 12;

    private static readonly int s_names = Math.Max(SmallestName, IsolationTester.Catalogue.Max(probe => probe.Id.Length)) + 2;

    /// <summary>The heads of the columns.</summary>
    /// <param name="row">Any row.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <param name="style">The escape sequence of a table's head: <c>$PSStyle.Formatting.TableHeader</c>.</param>
    /// <returns>The names and a rule below; above them what the short words mean, where those have to be used.</returns>
    public static string Header(PSObject row, int width, string style)
    {
        string[] backends = [.. Backends(row)];
        Layout layout = Layout.For(backends.Length, width);
        string heads = Fit("Probe", layout.Name) + (layout.Severity ? Fit("Severity", SeverityWidth) : "") + string.Concat(backends.Select(name => Fit(name, layout.Cell)));
        string key = layout.IsShort ? $"ok: isolated, OPEN: exposed, asked: declared, n/a: not applicable, ?: inconclusive{Environment.NewLine}" : "";
        return $"{key}{style}{heads.TrimEnd()}\e[0m{Environment.NewLine}{new string('-', heads.TrimEnd().Length)}";
    }

    /// <summary>One line.</summary>
    /// <param name="row">The row.</param>
    /// <param name="width">Columns of the terminal.</param>
    /// <returns>The line.</returns>
    public static string Line(PSObject row, int width)
    {
        ArgumentNullException.ThrowIfNull(row);
        var line = (ComparisonRow)row.BaseObject;
        string[] backends = [.. Backends(row)];
        Layout layout = Layout.For(backends.Length, width);
        string text = Fit(line.Id, layout.Name) + (layout.Severity ? Fit(line.Severity?.ToString() ?? "", SeverityWidth) : "");
        return (text + string.Concat(line.Values(backends).Select(cell => Cell(cell.Value, line.Severity, layout)))).TrimEnd();
    }

    // The cmdlet adds a property for each backend; those of the type itself come from an adapter.
    private static IEnumerable<string> Backends(PSObject row) => row.Properties.OfType<PSNoteProperty>().Select(property => property.Name);

    private static string Cell(object? value, IsolationSeverity? severity, Layout layout)
    {
        (string text, string colour) = value switch
        {
            null => ("-", "90"),
            TimeSpan time => (time.TotalSeconds < 1 ? time.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture) + " ms" : time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s", ""),
            long bytes => (ByteSize.Format(bytes), ""),
            IsolationVerdict verdict => (layout.IsShort ? Short(verdict) : verdict.ToString(), Colour(verdict, severity)),
            _ => (value.ToString() ?? "", ""),
        };
        string cell = Fit(text, layout.Cell);
        return colour.Length == 0 ? cell : $"\e[{colour}m{cell.TrimEnd()}\e[0m{new string(' ', cell.Length - cell.TrimEnd().Length)}";
    }

    private static string Short(IsolationVerdict verdict) => verdict switch
    {
        IsolationVerdict.Isolated => "ok",
        IsolationVerdict.Exposed => "OPEN",
        IsolationVerdict.Declared => "asked",
        IsolationVerdict.NotApplicable => "n/a",
        _ => "?",
    };

    // The colours of the other views: green, red and bright red, yellow, magenta, grey.
    private static string Colour(IsolationVerdict verdict, IsolationSeverity? severity) => verdict switch
    {
        IsolationVerdict.Isolated => "32",
        IsolationVerdict.Exposed => severity >= IsolationSeverity.High ? "91" : "31",
        IsolationVerdict.Declared => "33",
        IsolationVerdict.Inconclusive => "35",
        _ => "90",
    };

    private static string Fit(string text, int width) => (text.Length < width ? text : text[..(width - 2)] + "…").PadRight(width);

    /// <summary>What has room: first the words get short, then the severity goes, then the names of the probes are cut.</summary>
    private readonly record struct Layout(int Name, bool Severity, int Cell)
    {
        public bool IsShort => Cell == ShortCell;

        public static Layout For(int backends, int width)
        {
            Layout[] fitting =
            [
                new(s_names, true, FullCell),
                new(s_names, true, ShortCell),
                new(s_names, false, ShortCell),
            ];
            foreach (Layout layout in fitting)
            {
                if (layout.Name + (layout.Severity ? SeverityWidth : 0) + (backends * layout.Cell) <= width)
                {
                    return layout;
                }
            }

            return new(Math.Max(SmallestName, width - (backends * ShortCell)), false, ShortCell);
        }
    }
}
