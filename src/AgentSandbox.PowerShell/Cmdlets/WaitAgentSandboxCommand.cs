using System.Management.Automation;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Waits until sandboxes are in a state, or gone.</summary>
[Cmdlet(VerbsLifecycle.Wait, "AgentSandbox", DefaultParameterSetName = "InputObject")]
[OutputType(typeof(Sandbox))]
public sealed class WaitAgentSandboxCommand : SandboxSelectionCmdlet
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);
    private readonly List<Sandbox> _waiting = [];

    /// <summary>States of which one ends the waiting. Without it and -Removed: Stopped, Failed, or gone.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public SandboxState[]? State { get; set; }

    /// <summary>Wait until they are gone. With -State, either ends the waiting.</summary>
    [Parameter]
    public SwitchParameter Removed { get; set; }

    /// <summary>Seconds to wait, for all of them together.</summary>
    [Parameter]
    [ValidateRange(0.0, 2_000_000.0)]
    public double? TimeoutSec { get; set; }

    private SandboxState[] Ends => State ?? (Removed ? [] : [SandboxState.Stopped, SandboxState.Failed]);

    private bool EndsWithRemoval => Removed || State is null;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        using var deadline = new Deadline(TimeoutSec, StopToken);
        foreach (Sandbox sandbox in _waiting)
        {
            try
            {
                if (RunPumped((_, _) => WaitAsync(sandbox, deadline.Token)) is { } reached)
                {
                    WriteObject(reached);
                }
            }
            catch (OperationCanceledException) when (deadline.IsOver)
            {
                string what = State is null ? (Removed ? "removed" : "stopped") : string.Join(" or ", State);
                WriteSandboxError(
                    new SandboxException(CmdletErrorId.WaitTimedOut, $"After {TimeoutSec} s the sandbox '{sandbox.Name}' is not {what}.", "Wait longer, or look at it with Get-AgentSandbox.", sandbox.Name));
            }
            catch (SandboxException e)
            {
                WriteSandboxError(e, sandbox.Name);
            }
        }
    }

    private protected override void Act(Sandbox sandbox) => _waiting.Add(sandbox);

    /// <summary>What is gone already need not be waited for.</summary>
    private protected override void OnMissing(string nameOrId)
    {
        if (!Removed)
        {
            base.OnMissing(nameOrId);
        }
    }

    /// <summary>Looks again and again: a sandbox ends in its own time, and nobody is told.</summary>
    private async Task<Sandbox?> WaitAsync(Sandbox sandbox, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                Sandbox now = Manager.Get(sandbox.Id);
                if (Ends.Contains(now.State))
                {
                    return now;
                }
            }
            catch (SandboxException e) when (e.ErrorId == SandboxErrorId.SandboxNotFound && EndsWithRemoval)
            {
                return null;
            }

            await Task.Delay(s_look, cancellationToken).ConfigureAwait(false);
        }
    }
}
