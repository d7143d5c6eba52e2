using System.Management.Automation;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Starts stopped sandboxes on the file system that they had.</summary>
[Cmdlet(VerbsLifecycle.Start, "AgentSandbox", DefaultParameterSetName = "InputObject", SupportsShouldProcess = true)]
[OutputType(typeof(Sandbox))]
public sealed class StartAgentSandboxCommand : SandboxSelectionCmdlet
{
    /// <summary>Write the started sandboxes.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Act(Sandbox sandbox)
    {
        if (!ShouldProcess(sandbox.Name, "Start sandbox"))
        {
            return;
        }

        Sandbox started = RunPumped((_, token) => Manager.StartAsync(sandbox.Id, token));
        if (PassThru)
        {
            WriteObject(started);
        }
    }
}
