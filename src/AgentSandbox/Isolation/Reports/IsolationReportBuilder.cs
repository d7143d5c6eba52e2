using System.Reflection;
using System.Runtime.InteropServices;

namespace AgentSandbox.Isolation.Reports;

/// <summary>
/// Gathers verdicts into a report. A verdict for a probe that the subject has one of already belongs to a second run of it and begins a subject of its own:
/// neither of two answers may hide the other.
/// </summary>
public sealed class IsolationReportBuilder
{
    private readonly List<(string Name, List<IsolationResult> Results)> _subjects = [];
    private readonly Dictionary<IsolationResult, TimeSpan> _durations = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, BackendCost> _costs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Nothing was added.</summary>
    public bool IsEmpty => _subjects.Count == 0;

    /// <summary>Adds one verdict.</summary>
    /// <param name="result">The verdict.</param>
    public void Add(IsolationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        string name = string.Equals(result.Subject, result.Backend, StringComparison.OrdinalIgnoreCase) ? result.Backend : $"{result.Subject} ({result.Backend})";
        for (int run = 1; ; run++)
        {
            string tried = run == 1 ? name : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{name} #{run}");
            List<IsolationResult>? known = _subjects.Find(subject => subject.Name == tried).Results;
            if (known is null)
            {
                _subjects.Add((tried, [result]));
                return;
            }

            if (!known.Exists(other => string.Equals(other.Id, result.Id, StringComparison.OrdinalIgnoreCase)))
            {
                known.Add(result);
                return;
            }
        }
    }

    /// <summary>Adds all verdicts of a summary, and the time that its test took.</summary>
    /// <param name="summary">The summary.</param>
    public void Add(IsolationSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        foreach (IsolationResult result in summary.Results)
        {
            Add(result);
            _durations[result] = summary.Duration;
        }
    }

    /// <summary>Adds what a backend's sandboxes cost; told with the subjects of that name.</summary>
    /// <param name="cost">The cost.</param>
    public void Add(BackendCost cost)
    {
        ArgumentNullException.ThrowIfNull(cost);
        _costs[cost.Backend] = cost;
    }

    /// <summary>Makes the report.</summary>
    /// <param name="created">When.</param>
    /// <returns>The report.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ReportFailed"/>: there is nothing to report.</exception>
    public IsolationReport Build(DateTimeOffset created)
    {
        if (IsEmpty)
        {
            // An empty report would look like one in which nothing is exposed.
            throw new SandboxException(SandboxErrorId.ReportFailed, "There is nothing to report: no verdict came in.", "Pipe the output of Test-SandboxIsolation or Compare-SandboxBackend into the cmdlet.");
        }

        return new IsolationReport
        {
            Created = created,
            Product = $"AgentSandbox.PowerShell {ProductVersion}",
            System = $"{RuntimeInformation.OSDescription}, kernel {Environment.OSVersion.Version}, {RuntimeInformation.OSArchitecture}",
            Subjects = [.. _subjects.Select(subject => Subject(subject.Name, subject.Results))],
        };
    }

    private static string ProductVersion =>
        typeof(IsolationReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "";

    private IsolationReportSubject Subject(string name, List<IsolationResult> results)
    {
        TimeSpan? duration = _durations.TryGetValue(results[0], out TimeSpan known) ? known : null;
        BackendCost? cost = _costs.GetValueOrDefault(name);
        return new IsolationReportSubject { Name = name, Summary = IsolationGrading.Summarize(results, duration), StartTime = cost?.StartTime, Memory = cost?.Memory };
    }
}
