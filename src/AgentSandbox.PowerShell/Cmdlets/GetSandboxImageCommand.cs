using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Lists the images on this machine.</summary>
[Cmdlet(VerbsCommon.Get, "SandboxImage")]
[OutputType(typeof(SandboxImage))]
public sealed class GetSandboxImageCommand : SandboxCmdlet
{
    /// <summary>Names, wildcards allowed.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            IReadOnlyList<SandboxImage> all = RunPumped((_, _) => Task.FromResult(Manager.Images.List()));
            WriteObject(Wildcards.Pick(all, image => image.Name, Name, Missing), enumerateCollection: true);
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
        }
    }

    private void Missing(string name) => WriteSandboxError(
        new SandboxException(SandboxErrorId.ImageNotFound, $"There is no image '{name}'.", "Get-SandboxImage lists those that there are; New-SandboxImage makes one.", name));
}
