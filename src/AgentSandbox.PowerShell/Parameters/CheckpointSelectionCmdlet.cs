using System.Management.Automation;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>Cmdlets that do something with checkpoints: those of sandboxes that are named, or checkpoint objects.</summary>
public abstract class CheckpointSelectionCmdlet : SandboxSelectionCmdlet
{
    private const string ByCheckpoint = "Checkpoint";

    /// <summary>Checkpoints, as Get-SandboxCheckpoint writes them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByCheckpoint, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public SandboxCheckpoint[] Checkpoint { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName != ByCheckpoint)
        {
            base.ProcessRecord();
            return;
        }

        foreach (SandboxCheckpoint checkpoint in Checkpoint)
        {
            try
            {
                Act(RunPumped((_, _) => Task.FromResult(Manager.Get(checkpoint.SandboxId))), checkpoint.Name);
            }
            catch (SandboxException e)
            {
                WriteSandboxError(e, checkpoint.Name);
            }
        }
    }

    /// <summary>Does it with one checkpoint.</summary>
    private protected abstract void Act(Sandbox sandbox, string checkpointName);

    internal static SandboxException NotFound(Sandbox sandbox, string checkpointName) =>
        new(SandboxErrorId.CheckpointNotFound, $"The sandbox '{sandbox.Name}' has no checkpoint '{checkpointName}'.", $"List them: Get-SandboxCheckpoint {sandbox.Name}", checkpointName);
}
