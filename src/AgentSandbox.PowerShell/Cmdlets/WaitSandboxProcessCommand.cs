using System.Management.Automation;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Waits until background processes of sandboxes have ended.</summary>
[Cmdlet(VerbsLifecycle.Wait, "SandboxProcess", DefaultParameterSetName = ByObject)]
[OutputType(typeof(SandboxProcess))]
public sealed class WaitSandboxProcessCommand : SandboxProcessCmdlet
{
    private readonly List<SandboxProcess> _processes = [];

    /// <summary>Seconds to wait, for all of them together.</summary>
    [Parameter]
    [ValidateRange(0.0, 2_000_000.0)]
    public double? TimeoutSec { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        using var deadline = new Deadline(TimeoutSec, StopToken);
        foreach (SandboxProcess process in _processes)
        {
            try
            {
                // A process that has ended already is one, also when there is no time left.
                WriteObject(RunPumped((_, _) => Manager.WaitProcessAsync(process, deadline.Token)));
            }
            catch (OperationCanceledException) when (deadline.IsOver)
            {
                WriteSandboxError(
                    new SandboxException(CmdletErrorId.WaitTimedOut, $"The background process {process.Id} of '{process.SandboxName}' still runs after {TimeoutSec} s.", "Wait longer, or end it with Stop-SandboxProcess.", process));
            }
            catch (SandboxException e)
            {
                WriteSandboxError(e, process.Id);
            }
        }
    }

    private protected override void Act(SandboxProcess process) => _processes.Add(Manager.GetProcess(process));
}
