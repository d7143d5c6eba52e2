using System.Management.Automation;
using AgentSandbox.Backends;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Puts in place what a backend runs in, such as a Linux distribution of its own.</summary>
[Cmdlet(VerbsLifecycle.Install, "SandboxBackend", SupportsShouldProcess = true)]
[OutputType(typeof(BackendSetupResult))]
public sealed class InstallSandboxBackendCommand : BackendSetupCmdlet
{
    /// <summary>Archive of the root file system to import.</summary>
    [Parameter(Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? RootFileSystem { get; set; }

    /// <summary>Folder for its disk.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Location { get; set; }

    /// <summary>Replace what is installed.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private BackendInstallOptions Options => new()
    {
        RootFileSystem = RootFileSystem is null ? null : HostPath.Literal(SessionState, RootFileSystem),
        Location = Location is null ? null : HostPath.Literal(SessionState, Location),
        Force = Force,
    };

    private BackendInstallOptions? _options;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            // Paths are PowerShell's to resolve, on its own thread.
            _options = Options;
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e, Name);
        }

        base.ProcessRecord();
    }

    private protected override BackendSetupStep? Plan() => Manager.PlanInstallBackend(Name, _options!);

    private protected override Task<BackendSetupResult> ActAsync(IProgress<SandboxProgress> progress, CancellationToken cancellationToken) =>
        Manager.InstallBackendAsync(Name, _options!, progress, cancellationToken);
}
