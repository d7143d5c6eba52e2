using System.Collections;
using System.Management.Automation;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Creates sandboxes and starts them.</summary>
[Cmdlet(VerbsCommon.New, "AgentSandbox", SupportsShouldProcess = true)]
[OutputType(typeof(Sandbox))]
public sealed class NewAgentSandboxCommand : SpecificationCmdlet
{
    /// <summary>Names; one is made up when there is none.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    public string[]? Name { get; set; }

    /// <summary>Variables of every command.</summary>
    [Parameter]
    public IDictionary? Environment { get; set; }

    /// <summary>User of every command.</summary>
    [Parameter]
    public string? User { get; set; }

    /// <summary>Folder that commands start in.</summary>
    [Parameter]
    public string? WorkingDirectory { get; set; }

    /// <summary>Host name inside.</summary>
    [Parameter]
    public string? Hostname { get; set; }

    /// <summary>Time after which the sandbox is removed.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? TimeToLive { get; set; }

    /// <summary>Time without a command after which the sandbox is stopped.</summary>
    [Parameter]
    [Duration]
    public TimeSpan? IdleTimeout { get; set; }

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
        SandboxSpecification specification = ReadSpecification() with
        {
            Name = name,
            Environment = EnvironmentParameter.Read(Environment),
            User = User,
            WorkingDirectory = WorkingDirectory,
            Hostname = Hostname,
            TimeToLive = TimeToLive,
            IdleTimeout = IdleTimeout,
        };

        if (!ShouldProcess(name ?? "(a new name)", $"Create sandbox (backend {specification.Backend}, image {specification.Image})"))
        {
            return;
        }

        specification = ChooseBackend(specification);
        Sandbox sandbox = RunPumped((pump, token) => CreationProgress.RunAsync(pump, progress => Manager.CreateAsync(specification, progress, token)));
        foreach (string warning in sandbox.Warnings)
        {
            WriteWarning(warning);
        }

        WriteObject(sandbox);
    }
}
