using System.Management.Automation;
using AgentSandbox.Isolation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Measures what sandboxes or backends isolate, in fresh siblings.</summary>
[Cmdlet(VerbsDiagnostic.Test, "SandboxIsolation", DefaultParameterSetName = "Sandbox")]
[OutputType(typeof(IsolationResult))]
public sealed class TestSandboxIsolationCommand : SandboxCmdlet
{
    private List<IsolationProbeInfo> _probes = [];

    /// <summary>Sandboxes: objects, names or ids. Every available backend when there is none.</summary>
    [Parameter(Position = 0, ParameterSetName = "Sandbox", ValueFromPipeline = true)]
    [Alias("Name", "InputObject")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SandboxNameCompleter))]
    public SandboxReference[]? Sandbox { get; set; }

    /// <summary>Backends, with the defaults of New-AgentSandbox.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Backend")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BackendCompleter))]
    public string[] Backend { get; set; } = [];

    /// <summary>Ids of probes, wildcards allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProbeCompleter))]
    public string[]? Probe { get; set; }

    /// <summary>Only probes of these categories.</summary>
    [Parameter]
    public IsolationCategory[]? Category { get; set; }

    /// <summary>Only probes of these severities.</summary>
    [Parameter]
    public IsolationSeverity[]? Severity { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        List<IsolationProbeInfo> named = Wildcards.Pick(IsolationTester.Catalogue, probe => probe.Id, Probe, MissingProbe);
        _probes = [.. named.Where(probe => (Category is null || Category.Contains(probe.Category)) && (Severity is null || Severity.Contains(probe.Severity)))];
        if (_probes.Count == 0)
        {
            // An empty answer would look like "nothing is exposed".
            ThrowTerminating(NoProbe("No probe fits -Probe, -Category and -Severity together.", Probe));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach ((string subject, Func<SandboxSpecification> specification) in Subjects())
        {
            try
            {
                SandboxSpecification tested = specification();
                RunPumped((pump, token) => TestAsync(subject, tested, pump, token));
            }
            catch (SandboxException e)
            {
                WriteSandboxError(e, subject);
            }
        }
    }

    private IEnumerable<(string Subject, Func<SandboxSpecification> Specification)> Subjects()
    {
        if (ParameterSetName == "Backend")
        {
            return Backend.Select(name => (name, Specification(name)));
        }

        if (Sandbox is not null)
        {
            return Sandbox.Select(reference => (reference.NameOrId, (Func<SandboxSpecification>)(() => reference.Look(Manager).Specification)));
        }

        try
        {
            return [.. Manager.GetBackends().Where(backend => backend.Available).Select(backend => (backend.Name, Specification(backend.Name)))];
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
            return [];
        }

        static Func<SandboxSpecification> Specification(string backend) => () => new SandboxSpecification { Backend = backend };
    }

    private async Task TestAsync(string subject, SandboxSpecification specification, OutputPump pump, CancellationToken cancellationToken)
    {
        string activity = $"Testing the isolation of {subject}";
        string[]? ids = _probes.Count == IsolationTester.Catalogue.Count ? null : [.. _probes.Select(probe => probe.Id)];
        int done = 0;
        pump.TryWrite(cmdlet => cmdlet.WriteProgress(new ProgressRecord(0, activity, "Creating a fresh sandbox") { PercentComplete = 0 }));
        await foreach (IsolationResult result in new IsolationTester(Manager).TestAsync(subject, specification, ids, cancellationToken).ConfigureAwait(false))
        {
            int percent = Math.Min(100, 100 * ++done / _probes.Count);
            await pump.WriteAsync(
                cmdlet =>
                {
                    cmdlet.WriteProgress(new ProgressRecord(0, activity, result.Id) { PercentComplete = percent });
                    cmdlet.WriteObject(result);
                },
                cancellationToken).ConfigureAwait(false);
        }

        pump.TryWrite(cmdlet => cmdlet.WriteProgress(new ProgressRecord(0, activity, "Done") { RecordType = ProgressRecordType.Completed }));
    }

    private void MissingProbe(string id) => ThrowTerminating(NoProbe($"There is no isolation probe '{id}'.", id));

    private static SandboxException NoProbe(string message, object? target) =>
        new(SandboxErrorId.ProbeNotFound, message, "Press Tab after -Probe to see the ids, or see docs/cmdlets/Test-SandboxIsolation.md.", target);
}
