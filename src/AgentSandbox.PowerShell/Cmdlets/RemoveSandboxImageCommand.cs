using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Deletes images that no sandbox uses.</summary>
[Cmdlet(VerbsCommon.Remove, "SandboxImage", DefaultParameterSetName = "Name", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(void))]
public sealed class RemoveSandboxImageCommand : SandboxCmdlet
{
    /// <summary>Names, wildcards allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Name", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Images.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "InputObject", ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public SandboxImage[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string name in Select())
        {
            if (!ShouldProcess(name, "Delete image"))
            {
                continue;
            }

            try
            {
                RunPumped((_, _) =>
                {
                    Manager.Images.Remove(name);
                    return Task.CompletedTask;
                });
            }
            catch (SandboxException e)
            {
                WriteSandboxError(e, name);
            }
        }
    }

    private List<string> Select()
    {
        if (ParameterSetName == "InputObject")
        {
            return [.. InputObject.Select(image => image.Name)];
        }

        List<string> names = [];
        try
        {
            foreach (string name in Name)
            {
                // The built-in image can't be deleted, so a pattern does not mean it; its plain name does, and the library says why not.
                names.AddRange(WildcardPattern.ContainsWildcardCharacters(name)
                    ? Wildcards.Pick(Manager.Images.List(), image => image.Name, [name], static _ => { }).Where(image => image.Kind != "BuiltIn").Select(image => image.Name)
                    : [name]);
            }
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
        }

        return names;
    }
}
