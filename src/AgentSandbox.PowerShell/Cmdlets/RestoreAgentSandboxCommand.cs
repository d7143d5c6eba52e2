using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Puts the files of sandboxes back to what they were at a checkpoint.</summary>
[Cmdlet(VerbsData.Restore, "AgentSandbox", DefaultParameterSetName = "Checkpoint", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(Sandbox))]
public sealed class RestoreAgentSandboxCommand : CheckpointSelectionCmdlet
{
    /// <summary>Name of the checkpoint.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = "Name")]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = "Id")]
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = "InputObject")]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckpointNameCompleter))]
    public string CheckpointName { get; set; } = "";

    /// <summary>Ask nothing; stop a running sandbox for it, and start it again.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Write the sandboxes.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Act(Sandbox sandbox) => Act(sandbox, CheckpointName);

    private protected override void Act(Sandbox sandbox, string checkpointName)
    {
        // -WhatIf wins over -Force, and an explicit -Confirm does too.
        bool asks = !Force || MyInvocation.BoundParameters.ContainsKey("Confirm") || MyInvocation.BoundParameters.ContainsKey("WhatIf") || LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));
        if (asks && !ShouldProcess(sandbox.Name, $"Restore checkpoint '{checkpointName}' and lose what was written since"))
        {
            return;
        }

        Sandbox restored = RunPumped((pump, token) => CreationProgress.RunAsync(pump, progress => Manager.RestoreAsync(sandbox.Id, checkpointName, Force, progress, token)));
        if (PassThru)
        {
            WriteObject(restored);
        }
    }
}
