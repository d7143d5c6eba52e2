using System.Management.Automation;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Ends background processes of sandboxes, with everything that they started.</summary>
[Cmdlet(VerbsLifecycle.Stop, "SandboxProcess", DefaultParameterSetName = ByObject, SupportsShouldProcess = true)]
[OutputType(typeof(SandboxProcess))]
public sealed class StopSandboxProcessCommand : SandboxProcessCmdlet
{
    /// <summary>At once, without a chance to end by themselves.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Write the processes as they ended.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Act(SandboxProcess process)
    {
        if (!ShouldProcess($"{process.SandboxName}: {process.Id} ({process.Command})", "Stop background process"))
        {
            return;
        }

        SandboxProcess ended = RunPumped((_, token) => Manager.StopProcessAsync(process, Force, token));
        if (PassThru)
        {
            WriteObject(ended);
        }
    }
}
