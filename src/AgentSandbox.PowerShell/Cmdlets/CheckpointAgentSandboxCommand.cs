using System.Management.Automation;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Keeps the files of sandboxes as they are now, under a name.</summary>
[Cmdlet(VerbsData.Checkpoint, "AgentSandbox", DefaultParameterSetName = "InputObject", SupportsShouldProcess = true)]
[OutputType(typeof(SandboxCheckpoint))]
public sealed class CheckpointAgentSandboxCommand : SandboxSelectionCmdlet
{
    /// <summary>Name of the checkpoint.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string CheckpointName { get; set; } = "";

    /// <summary>Replace one of that name.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Write the checkpoints.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Act(Sandbox sandbox)
    {
        if (!ShouldProcess(sandbox.Name, $"Take checkpoint '{CheckpointName}'"))
        {
            return;
        }

        SandboxCheckpoint checkpoint = RunPumped((pump, token) => CreationProgress.RunAsync(pump, progress => Manager.CheckpointAsync(sandbox.Id, CheckpointName, Force, progress, token)));
        if (PassThru)
        {
            WriteObject(checkpoint);
        }
    }
}
