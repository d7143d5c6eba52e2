using System.Management.Automation;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Ends everything in sandboxes; their file system is kept.</summary>
[Cmdlet(VerbsLifecycle.Stop, "AgentSandbox", DefaultParameterSetName = "InputObject", SupportsShouldProcess = true)]
[OutputType(typeof(Sandbox))]
public sealed class StopAgentSandboxCommand : SandboxSelectionCmdlet
{
    /// <summary>Write the stopped sandboxes.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Act(Sandbox sandbox)
    {
        if (!ShouldProcess(sandbox.Name, "Stop sandbox"))
        {
            return;
        }

        Sandbox stopped = RunPumped((_, token) => Manager.StopAsync(sandbox.Id, token));
        if (PassThru)
        {
            WriteObject(stopped);
        }
    }
}
