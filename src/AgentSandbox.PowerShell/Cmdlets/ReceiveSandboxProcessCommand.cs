using System.Management.Automation;
using AgentSandbox.PowerShell.Invocation;
using AgentSandbox.PowerShell.Processes;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Gives what background processes of sandboxes wrote.</summary>
[Cmdlet(VerbsCommunications.Receive, "SandboxProcess", DefaultParameterSetName = ByObject)]
[OutputType(typeof(string))]
public sealed class ReceiveSandboxProcessCommand : SandboxProcessCmdlet, IStandardErrorTarget
{
    private StandardErrorWriter? _standardError;

    /// <summary>Give all that is kept, and do not count it as received.</summary>
    [Parameter]
    public SwitchParameter Keep { get; set; }

    /// <summary>Go on until the process has ended.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    IStandardErrorWriter IStandardErrorTarget.StandardError => _standardError ??= new StandardErrorWriter(this);

    private protected override void Act(SandboxProcess process)
    {
        ReceivedOutput output = Keep ? new ReceivedOutput(Manager.OpenProcessOutput(process)) : ReceivedOutput.Of(Manager, process);
        RunPumped((pump, token) => output.WriteAsync(Manager, process, Wait, pump, token));
    }
}
