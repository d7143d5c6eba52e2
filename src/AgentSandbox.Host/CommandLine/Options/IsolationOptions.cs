using System.CommandLine;
using System.IO.Enumeration;
using AgentSandbox.Isolation;

namespace AgentSandbox.Host.CommandLine.Options;

/// <summary>The options of <c>test</c>: which probes run, and what has to come out. The parameters of <c>Test-SandboxIsolation</c> in kebab-case.</summary>
internal static class IsolationOptions
{
    private static readonly Option<string[]> s_probes = CommonOptions.Repeated("--probe", "ID", "Only these probes, * and ? as wildcards, such as 'process.*'. Repeatable, or with commas.");
    private static readonly Option<string[]> s_categories = CommonOptions.Repeated("--category", "NAME", $"Only probes of these categories: {string.Join(", ", Enum.GetNames<IsolationCategory>())}. Repeatable, or with commas.");
    private static readonly Option<string[]> s_severities = CommonOptions.Repeated("--severity", "NAME", $"Only probes of exactly these severities: {string.Join(", ", Enum.GetNames<IsolationSeverity>())}. Repeatable, or with commas.");
    private static readonly Option<string[]> s_require = CommonOptions.Repeated("--require", "ID", "Exit with 1 unless the boundary holds at each of these probes, wildcards allowed; they run in any case. Repeatable, or with commas.");
    private static readonly Option<string?> s_minimumGrade = CommonOptions.Text("--minimum-grade", "A|B|C|D", "Exit with 1 unless the grade is this one or better.");

    /// <summary>Adds the options to a verb.</summary>
    /// <param name="verb">The verb.</param>
    public static void AddTo(Verb verb)
    {
        foreach (Option option in (Option[])[s_probes, s_categories, s_severities, s_require, s_minimumGrade])
        {
            verb.Options.Add(option);
        }
    }

    /// <summary>Reads what was given.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <returns>The probes, and the gate; a gate that asks for nothing lets everything pass.</returns>
    /// <exception cref="SandboxException">A value can't be read, or no probe fits.</exception>
    public static (IsolationSelection Selection, IsolationGate Gate) Bind(ParseResult parsed)
    {
        IsolationSelection selection = IsolationSelection.Create(
            Split(parsed.GetValue(s_probes)),
            [.. Split(parsed.GetValue(s_categories)).Select(text => Choose<IsolationCategory>("--category", text, Enum.GetValues<IsolationCategory>()))],
            [.. Split(parsed.GetValue(s_severities)).Select(text => Choose<IsolationSeverity>("--severity", text, Enum.GetValues<IsolationSeverity>()))],
            Split(parsed.GetValue(s_require)),
            static (pattern, id) => FileSystemName.MatchesSimpleExpression(pattern, id, ignoreCase: true));
        IsolationGrade? minimum = parsed.GetValue(s_minimumGrade) is { } grade
            ? Choose<IsolationGrade>("--minimum-grade", grade, [IsolationGrade.A, IsolationGrade.B, IsolationGrade.C, IsolationGrade.D])
            : null;
        return (selection, new IsolationGate { MinimumGrade = minimum, Required = selection.Required });
    }

    private static string[] Split(string[]? values) => [.. (values ?? []).SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries))];

    // By name alone: Enum.TryParse would take numbers too.
    private static T Choose<T>(string option, string text, IReadOnlyList<T> values)
        where T : struct, Enum
    {
        foreach (T value in values)
        {
            if (string.Equals(value.ToString(), text, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        throw new UsageException($"{option}: '{text}' is none.", $"Write one of {string.Join(", ", values)}.");
    }
}
