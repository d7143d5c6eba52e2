using System.Management.Automation;
using AgentSandbox.Isolation;
using AgentSandbox.Isolation.Reports;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Writes what was measured to a file, for people, for programs or for CI servers.</summary>
[Cmdlet(VerbsData.Export, "SandboxIsolationReport", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportSandboxIsolationReportCommand : SandboxCmdlet
{
    private readonly IsolationReportBuilder _builder = new();
    private string _file = "";
    private IsolationReportFormat _format;

    /// <summary>The file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>What was measured.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [ValidateNotNull]
    public PSObject[] InputObject { get; set; } = [];

    /// <summary>The format; told by the file's name when it is not said.</summary>
    [Parameter]
    public IsolationReportFormat? Format { get; set; }

    /// <summary>A file that exists is replaced.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The file is written to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <summary>Before anything is measured: this runs before the cmdlets that the pipeline begins with get to work.</summary>
    private protected override void Begin()
    {
        try
        {
            _file = HostPath.Literal(SessionState, Path);
            _format = Format ?? IsolationReportFile.FormatOf(_file);
            IsolationReportFile.Check(_file, Force);
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e, Path);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (PSObject item in InputObject)
        {
            switch (item.BaseObject)
            {
                case IsolationResult result:
                    _builder.Add(result);
                    break;
                case IsolationSummary summary:
                    _builder.Add(summary);
                    break;
                case ComparisonRow row:
                    foreach (IsolationResult result in row.Results)
                    {
                        _builder.Add(result);
                    }

                    foreach (BackendCost cost in row.Costs)
                    {
                        _builder.Add(cost);
                    }

                    break;
                default:
                    // A report that lacks what was piped in would look complete.
                    ThrowTerminating(new SandboxException(
                        SandboxErrorId.ReportFailed,
                        $"An object of type {item.BaseObject.GetType().FullName} is no verdict.",
                        "Pipe the output of Test-SandboxIsolation or Compare-SandboxBackend as it is, not through Select-Object or from another session.",
                        item.BaseObject));
                    break;
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        try
        {
            IsolationReport report = _builder.Build(DateTimeOffset.UtcNow);
            if (!ShouldProcess(_file, $"Write isolation report ({_format})"))
            {
                return;
            }

            string written = IsolationReportFile.Write(report, _file, _format, Force);
            if (PassThru)
            {
                WriteObject(new FileInfo(written));
            }
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e, Path);
        }
    }
}
