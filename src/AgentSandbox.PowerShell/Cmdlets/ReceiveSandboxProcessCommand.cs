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
        if (Keep)
        {
            using var all = new ReceivedOutput(Manager.OpenProcessOutput(process));
            Write(all, process);
        }
        else
        {
            Write(ReceivedOutput.Of(Manager, process), process);
        }
    }

    private void Write(ReceivedOutput output, SandboxProcess process) => RunPumped((pump, token) => output.WriteAsync(Manager, process, Wait, pump, token));
}
