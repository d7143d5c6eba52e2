using System.Management.Automation;
using AgentSandbox.Isolation;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Isolation;

/// <summary>Carries what a batch of tests finds to the pipeline, with a progress bar for each subject that runs, and keeps it for a gate.</summary>
/// <param name="pump">To the pipeline thread.</param>
/// <param name="probes">How many probes a subject is asked.</param>
/// <param name="writeResults">Verdicts are written as they come.</param>
/// <param name="writeSummaries">Summaries are written.</param>
internal sealed class BatchWriter(OutputPump pump, int probes, bool writeResults, bool writeSummaries) : IIsolationBatchObserver
{
    private readonly Dictionary<string, int> _places = [];

    /// <summary>What the subjects came to, in their order.</summary>
    public List<IsolationSummary> Summaries { get; } = [];

    /// <summary>The subjects that could not be tested, in their order.</summary>
    public List<(IsolationSubject Subject, SandboxException Failure)> Failures { get; } = [];

    /// <inheritdoc/>
    public void Advanced(int index, IsolationSubject subject, int done, string? last)
    {
        lock (_places)
        {
            _places[subject.Name] = index;
        }

        int percent = Math.Min(100, 100 * done / probes);
        pump.TryWrite(cmdlet => cmdlet.WriteProgress(new ProgressRecord(index, Activity(subject.Name), last ?? "Creating a fresh sandbox") { PercentComplete = percent }));
    }

    /// <inheritdoc/>
    public ValueTask FoundAsync(IsolationResult result, CancellationToken cancellationToken) =>
        writeResults ? pump.WriteAsync(cmdlet => cmdlet.WriteObject(result), cancellationToken) : ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask SummarizedAsync(IsolationSummary summary, CancellationToken cancellationToken)
    {
        Summaries.Add(summary);
        Complete(summary.Subject);
        return writeSummaries ? pump.WriteAsync(cmdlet => cmdlet.WriteObject(summary), cancellationToken) : ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask FailedAsync(IsolationSubject subject, SandboxException failure, CancellationToken cancellationToken)
    {
        Failures.Add((subject, failure));
        Complete(subject.Name);
        return pump.WriteAsync(cmdlet => cmdlet.WriteError(ErrorRecords.About(failure, subject.Name)), cancellationToken);
    }

    private void Complete(string subject)
    {
        int index;
        lock (_places)
        {
            index = _places.GetValueOrDefault(subject);
        }

        pump.TryWrite(cmdlet => cmdlet.WriteProgress(new ProgressRecord(index, Activity(subject), "Done") { RecordType = ProgressRecordType.Completed }));
    }

    private static string Activity(string subject) => $"Testing the isolation of {subject}";
}
