using System.Management.Automation;
using AgentSandbox.PowerShell.Jobs;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;
using AgentSandbox.PowerShell.Remoting;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Creates sandboxes and starts them.</summary>
[Cmdlet(VerbsCommon.New, "AgentSandbox", SupportsShouldProcess = true)]
[OutputType(typeof(Sandbox), typeof(SandboxJob))]
public sealed partial class NewAgentSandboxCommand : WholeSpecificationCmdlet
{
    /// <summary>Sandboxes that a job creates at once.</summary>
    private const int JobThrottle = 8;

    private SandboxSpecification _basis = new();
    private SandboxJob? _job;

    /// <summary>Names; one is made up when there is none.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    public string[]? Name { get; set; }

    /// <summary>A specification file to begin with; the other parameters go before what it says.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>This machine's PowerShell is not mounted into a sandbox of the image host.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public SwitchParameter NoPowerShell { get; set; }

    /// <summary>Create them in a job of this PowerShell.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Create them in a job of this name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? JobName { get; set; }

    private bool IsJob => AsJob || JobName is not null;

    /// <inheritdoc/>
    private protected override void Begin()
    {
        try
        {
            // A file says it all: with the user's own defaults added it would mean something else on each machine.
            _basis = Path is null ? ReadDefaults() : SpecificationFile.Read(HostPath.Literal(SessionState, Path));
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e, Path);
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // An empty pipeline item is not "no name": it would silently make a sandbox that nobody asked for.
        foreach (string? name in Name is null ? [null] : (string?[])Name)
        {
            try
            {
                Create(name);
            }
            catch (SandboxException e)
            {
                ThrowTerminating(e, name);
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (_job is not null)
        {
            JobRepository.Add(_job);
            _job.Start();
            WriteObject(_job);
        }
    }

    private void Create(string? name)
    {
        SandboxSpecification specification = ReadSpecification(_basis);
        specification = specification with { Name = name ?? specification.Name };
        if (!ShouldProcess(specification.Name ?? "(a new name)", $"Create sandbox (backend {specification.Backend}, image {specification.Image})"))
        {
            return;
        }

        specification = ChooseBackend(specification);
        specification = NoPowerShell ? specification : HostPowerShell.AddTo(specification);
        if (IsJob)
        {
            (_job ??= new SandboxJob(MyInvocation.Line.Trim(), JobName, JobThrottle)).Add(specification.Name ?? "(a new name)", CreationWork.Of(Manager, specification));
            return;
        }

        Sandbox sandbox = RunPumped((pump, token) => CreationProgress.RunAsync(pump, progress => Manager.CreateAsync(specification, progress, token)));
        foreach (string warning in sandbox.Warnings)
        {
            WriteWarning(warning);
        }

        WriteObject(sandbox);
    }
}
