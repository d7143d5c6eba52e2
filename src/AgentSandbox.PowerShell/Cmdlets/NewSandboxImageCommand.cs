using System.Management.Automation;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Makes an image from a folder, an archive, or a Debian or Ubuntu release.</summary>
[Cmdlet(VerbsCommon.New, "SandboxImage", DefaultParameterSetName = "Release", SupportsShouldProcess = true)]
[OutputType(typeof(SandboxImage))]
public sealed class NewSandboxImageCommand : SandboxCmdlet
{
    /// <summary>Name of the image.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    public string Name { get; set; } = "";

    /// <summary>Folder that holds a root file system. Not by property name: a file has a property Directory too, and means its own folder by it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Directory")]
    [ValidateNotNullOrEmpty]
    public string? Directory { get; set; }

    /// <summary>Archive of a root file system.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Archive", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Archive { get; set; }

    /// <summary>Debian or Ubuntu release.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Release", ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Release { get; set; }

    /// <summary>Packages beside the minimal set.</summary>
    [Parameter(ParameterSetName = "Release", ValueFromPipelineByPropertyName = true)]
    public string[]? Package { get; set; }

    /// <summary>Address of the package archive.</summary>
    [Parameter(ParameterSetName = "Release", ValueFromPipelineByPropertyName = true)]
    public string? Mirror { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            string? folder = Directory is null ? null : HostPath.Literal(SessionState, Directory);
            string? archive = Archive is null ? null : HostPath.Literal(SessionState, Archive);
            if (ShouldProcess(Name, $"Create image from {folder ?? archive ?? Release}"))
            {
                WriteObject(RunPumped((pump, token) => CreateAsync(folder, archive, pump, token)));
            }
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e, Name);
        }
    }

    private async Task<SandboxImage> CreateAsync(string? folder, string? archive, OutputPump pump, CancellationToken cancellationToken)
    {
        return await CreationProgress.RunAsync(pump, progress =>
            folder is not null ? Manager.Images.CreateFromDirectoryAsync(Name, folder, progress, cancellationToken)
            : archive is not null ? Manager.Images.CreateFromArchiveAsync(Name, archive, progress, cancellationToken)
            : Manager.Images.CreateFromReleaseAsync(Name, Release!, Package, Mirror, progress, cancellationToken)).ConfigureAwait(false);
    }
}
