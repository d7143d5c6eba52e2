using System.Management.Automation;
using AgentSandbox.PowerShell.Pump;
using AgentSandbox.PowerShell.Remoting;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>Runs a script block in one sandbox, in a runspace that may have waited there.</summary>
internal static class BlockInvocation
{
    /// <summary>Runs it.</summary>
    /// <param name="manager">The sandboxes.</param>
    /// <param name="lease">The sandbox.</param>
    /// <param name="plan">The block.</param>
    /// <param name="input">Its pipeline input, else null.</param>
    /// <param name="pump">Where its streams go.</param>
    /// <param name="keep">The sandbox stays, so its PowerShell may, too.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How it ended.</returns>
    public static async Task<BlockEnd> RunAsync(SandboxManager manager, SandboxLease lease, BlockPlan plan, PSDataCollection<PSObject>? input, OutputPump pump, bool keep, CancellationToken cancellationToken)
    {
        SandboxRunspace runspace = await OpenAsync(manager, lease, plan, cancellationToken).ConfigureAwait(false);
        bool clean = false;
        try
        {
            BlockEnd end = await BlockRun.RunAsync(runspace, plan, input, lease.Name, pump, cancellationToken).ConfigureAwait(false);
            clean = end.Clean;
            return end;
        }
        finally
        {
            if (clean && keep)
            {
                WarmRunspaces.GiveBack(runspace, lease.Sandbox, plan);
            }
            else
            {
                await runspace.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>The error for a block that ran into its time-out.</summary>
    /// <param name="plan">The block.</param>
    /// <param name="name">Name of the sandbox.</param>
    /// <returns>The error.</returns>
    public static SandboxException TimedOut(BlockPlan plan, string name) => new(
        SandboxErrorId.CommandTimedOut,
        $"The script block in {name} ran longer than {plan.How.Timeout?.TotalSeconds} s and was ended.",
        "Give a larger -TimeoutSec, or none.",
        name);

    private static async Task<SandboxRunspace> OpenAsync(SandboxManager manager, SandboxLease lease, BlockPlan plan, CancellationToken cancellationToken)
    {
        if (plan.How.Timeout is not { } timeout)
        {
            return await WarmRunspaces.TakeAsync(manager, lease.Sandbox, plan, cancellationToken).ConfigureAwait(false);
        }

        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(timeout);
        try
        {
            return await WarmRunspaces.TakeAsync(manager, lease.Sandbox, plan, limited.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TimedOut(plan, lease.Name);
        }
    }
}
