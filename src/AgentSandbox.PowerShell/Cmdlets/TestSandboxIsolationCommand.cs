using System.Management.Automation;
using AgentSandbox.Isolation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Isolation;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Measures what sandboxes, backends or specifications isolate, in fresh siblings.</summary>
[Cmdlet(VerbsDiagnostic.Test, "SandboxIsolation", DefaultParameterSetName = BySandbox)]
[OutputType(typeof(IsolationResult), typeof(IsolationSummary))]
public sealed class TestSandboxIsolationCommand : ProbeSelectionCmdlet
{
    private const string BySandbox = "Sandbox";
    private const string ByBackend = "Backend";
    private const string ByPath = "Path";

    private readonly List<IsolationSubject> _subjects = [];
    private IsolationSelection? _selection;

    /// <summary>Sandboxes: objects, names or ids. Every available backend when there is none.</summary>
    [Parameter(Position = 0, ParameterSetName = BySandbox, ValueFromPipeline = true)]
    [Alias("Name", "InputObject")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SandboxNameCompleter))]
    public SandboxReference[]? Sandbox { get; set; }

    /// <summary>Backends, with the defaults of New-AgentSandbox.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByBackend)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BackendCompleter))]
    public string[] Backend { get; set; } = [];

    /// <summary>Files with a specification each.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByPath)]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>One summary for each subject instead of its verdicts.</summary>
    [Parameter]
    public SwitchParameter Summary { get; set; }

    /// <summary>The worst grade that passes.</summary>
    [Parameter]
    [ValidateSet("A", "B", "C", "D")]
    public IsolationGrade MinimumGrade { get; set; }

    /// <summary>Probes at which the boundary has to hold, wildcards allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProbeCompleter))]
    public string[]? Require { get; set; }

    private bool HasGate => Require is not null || MyInvocation.BoundParameters.ContainsKey(nameof(MinimumGrade));

    /// <inheritdoc/>
    private protected override void Begin() => _selection = SelectProbes(Require);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            _subjects.AddRange(ParameterSetName switch
            {
                ByBackend => Backend.Select(OfBackend),
                ByPath => Path.Select(OfFile),
                _ when Sandbox is null => Manager.GetBackends().Where(backend => backend.Available).Select(backend => OfBackend(backend.Name)),
                _ => Sandbox.Select(reference => new IsolationSubject(reference.NameOrId, () => reference.Look(Manager).Specification)),
            });
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        BatchWriter found = RunPumped(async (pump, token) =>
        {
            var writer = new BatchWriter(pump, _selection!.Probes.Count, writeResults: !Summary, writeSummaries: Summary);
            await new IsolationBatch(new IsolationTester(Manager), _selection.Ids, ThrottleLimit).RunAsync(_subjects, writer, token).ConfigureAwait(false);
            return writer;
        });
        if (HasGate)
        {
            Judge(found);
        }
    }

    private static IsolationSubject OfBackend(string name) => new(name, () => new SandboxSpecification { Backend = name });

    /// <summary>Reads the file now: one that has mistakes ends the cmdlet before anything is measured, as any bad parameter does.</summary>
    private IsolationSubject OfFile(string path)
    {
        string file = HostPath.Literal(SessionState, path);
        SandboxSpecification specification = SpecificationFile.Read(file);
        string name = specification.Name ?? System.IO.Path.GetFileNameWithoutExtension(file);
        return new IsolationSubject(_subjects.Exists(subject => subject.Name == name) ? file : name, () => specification);
    }

    private void Judge(BatchWriter found)
    {
        var gate = new IsolationGate
        {
            MinimumGrade = MyInvocation.BoundParameters.ContainsKey(nameof(MinimumGrade)) ? MinimumGrade : null,
            Required = _selection!.Required,
        };
        List<IsolationShortfall> shortfalls =
        [
            .. found.Summaries.SelectMany(gate.Judge),
            .. found.Failures.Select(failed => new IsolationShortfall(failed.Subject.Name, null, $"it could not be tested. {failed.Failure.Message}", failed.Failure.RecommendedAction)),
        ];
        if (_subjects.Count == 0)
        {
            // A pipeline that carried nothing has shown nothing.
            shortfalls.Add(new("(nothing)", null, "there was nothing to test.", "Check what comes through the pipeline."));
        }

        if (shortfalls.Count > 0)
        {
            ThrowTerminating(IsolationGate.Insufficient(shortfalls), found.Summaries);
        }
    }
}
