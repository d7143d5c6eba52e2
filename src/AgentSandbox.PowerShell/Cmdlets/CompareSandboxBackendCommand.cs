using System.Management.Automation;
using AgentSandbox.Isolation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Isolation;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Runs the probes over backends and sets the verdicts side by side, with what a sandbox of each costs.</summary>
[Cmdlet(VerbsData.Compare, "SandboxBackend")]
[OutputType(typeof(ComparisonRow), typeof(IsolationResult))]
public sealed class CompareSandboxBackendCommand : ProbeSelectionCmdlet
{
    /// <summary>Backends; all that are ready when there is none.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BackendCompleter))]
    public string[]? Backend { get; set; }

    /// <summary>Image for all of them.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidateNotNullOrEmpty]
    public string Image { get; set; } = SandboxSpecification.HostImage;

    /// <summary>The verdicts as Test-SandboxIsolation writes them.</summary>
    [Parameter]
    public SwitchParameter AsResult { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        IsolationSelection selection = SelectProbes(null);
        IsolationSubject[] subjects = [];
        try
        {
            subjects = [.. Names().Select(name => new IsolationSubject(name, () => Specification(name)))];
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
        }

        RunPumped((pump, token) => CompareAsync(subjects, selection, pump, token));
    }

    private IReadOnlyList<string> Names()
    {
        IReadOnlyList<BackendInfo> known = Manager.GetBackends();
        if (Backend is null)
        {
            return [.. known.Where(backend => backend.Available).Select(backend => backend.Name)];
        }

        // As the backends write themselves; an unknown one stays as it is and is refused by name when its turn comes.
        return [.. Backend.Select(name => known.FirstOrDefault(backend => string.Equals(backend.Name, name, StringComparison.OrdinalIgnoreCase))?.Name ?? name).Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    private SandboxSpecification Specification(string backend) => new() { Backend = backend, Image = Image };

    private async Task CompareAsync(IsolationSubject[] subjects, IsolationSelection selection, OutputPump pump, CancellationToken cancellationToken)
    {
        var found = new BatchWriter(pump, selection.Probes.Count, writeResults: AsResult, writeSummaries: false);
        await new IsolationBatch(new IsolationTester(Manager), selection.Ids, ThrottleLimit).RunAsync(subjects, found, cancellationToken).ConfigureAwait(false);
        if (AsResult || found.Summaries.Count == 0)
        {
            return;
        }

        List<BackendCost> costs = [];
        foreach (IsolationSummary summary in found.Summaries)
        {
            if (await MeasureAsync(summary.Backend, pump, cancellationToken).ConfigureAwait(false) is { } cost)
            {
                costs.Add(cost);
            }
        }

        string[] backends = [.. found.Summaries.Select(summary => summary.Backend)];
        foreach (ComparisonRow row in ComparisonRow.Of(found.Summaries.SelectMany(summary => summary.Results), costs))
        {
            PSObject line = PSObject.AsPSObject(row);
            foreach ((string backend, object? value) in row.Values(backends))
            {
                line.Properties.Add(new PSNoteProperty(backend, value));
            }

            await pump.WriteAsync(cmdlet => cmdlet.WriteObject(line), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Measures one backend, after all probes are done; what fails here is an error, and the verdicts are told all the same.</summary>
    private async Task<BackendCost?> MeasureAsync(string backend, OutputPump pump, CancellationToken cancellationToken)
    {
        const string Activity = "Measuring start time and memory";
        pump.TryWrite(cmdlet => cmdlet.WriteProgress(new ProgressRecord(0, Activity, backend)));
        try
        {
            return await new BackendMeasurement(Manager).MeasureAsync(Specification(backend), cancellationToken).ConfigureAwait(false);
        }
        catch (SandboxException error)
        {
            await pump.WriteAsync(cmdlet => cmdlet.WriteError(ErrorRecords.About(error, backend)), cancellationToken).ConfigureAwait(false);
            return null;
        }
        finally
        {
            pump.TryWrite(cmdlet => cmdlet.WriteProgress(new ProgressRecord(0, Activity, backend) { RecordType = ProgressRecordType.Completed }));
        }
    }
}
