using System.Management.Automation;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;
using AgentSandbox.PowerShell.Remoting;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Creates sandboxes and starts them.</summary>
[Cmdlet(VerbsCommon.New, "AgentSandbox", SupportsShouldProcess = true)]
[OutputType(typeof(Sandbox))]
public sealed class NewAgentSandboxCommand : WholeSpecificationCmdlet
{
    private SandboxSpecification _basis = new();

    /// <summary>Names; one is made up when there is none.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    public string[]? Name { get; set; }

    /// <summary>A specification file to begin with; the other parameters go before what it says.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>This machine's PowerShell is not mounted into a sandbox of the image host.</summary>
    [Parameter]
    public SwitchParameter NoPowerShell { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
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
        Sandbox sandbox = RunPumped((pump, token) => CreationProgress.RunAsync(pump, progress => Manager.CreateAsync(specification, progress, token)));
        foreach (string warning in sandbox.Warnings)
        {
            WriteWarning(warning);
        }

        WriteObject(sandbox);
    }
}
