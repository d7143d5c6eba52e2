using System.Management.Automation;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Makes sandboxes whose files are a copy of another's, and starts them.</summary>
[Cmdlet(VerbsCommon.Copy, "AgentSandbox", DefaultParameterSetName = "InputObject", SupportsShouldProcess = true)]
[OutputType(typeof(Sandbox))]
public sealed class CopyAgentSandboxCommand : SandboxSelectionCmdlet
{
    /// <summary>Name of the new sandbox; one is made up when there is none.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? NewName { get; set; }

    /// <summary>Write the new sandboxes.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Act(Sandbox sandbox)
    {
        if (!ShouldProcess(sandbox.Name, $"Copy sandbox to {NewName ?? "(a new name)"}"))
        {
            return;
        }

        Sandbox copy = RunPumped((pump, token) => CreationProgress.RunAsync(pump, progress => Manager.CloneAsync(sandbox.Id, NewName, progress, token)));
        foreach (string warning in copy.Warnings)
        {
            WriteWarning(warning);
        }

        if (PassThru)
        {
            WriteObject(copy);
        }
    }
}
