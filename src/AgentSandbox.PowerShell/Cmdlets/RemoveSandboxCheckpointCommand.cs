using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Deletes checkpoints; their sandboxes stay as they are.</summary>
[Cmdlet(VerbsCommon.Remove, "SandboxCheckpoint", DefaultParameterSetName = "Checkpoint", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(void))]
public sealed class RemoveSandboxCheckpointCommand : CheckpointSelectionCmdlet
{
    /// <summary>Names of checkpoints, wildcards allowed.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = "Name")]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = "Id")]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = "InputObject")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckpointNameCompleter))]
    public string[] CheckpointName { get; set; } = [];

    private protected override void Act(Sandbox sandbox)
    {
        IReadOnlyList<SandboxCheckpoint> all = RunPumped((_, token) => Manager.GetCheckpointsAsync(sandbox.Id, token));
        foreach (SandboxCheckpoint checkpoint in Wildcards.Pick(all, c => c.Name, CheckpointName, name => WriteSandboxError(NotFound(sandbox, name), name)))
        {
            Act(sandbox, checkpoint.Name);
        }
    }

    private protected override void Act(Sandbox sandbox, string checkpointName)
    {
        if (ShouldProcess($"{sandbox.Name}: {checkpointName}", "Delete checkpoint"))
        {
            RunPumped((_, token) => Manager.RemoveCheckpointAsync(sandbox.Id, checkpointName, token));
        }
    }
}
