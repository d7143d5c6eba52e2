using System.Management.Automation;
using System.Management.Automation.Runspaces;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Remoting;

/// <summary>How a script block ended.</summary>
/// <param name="ExitCode">What its <c>exit</c> said, else null.</param>
/// <param name="TimedOut">It ran into its time-out.</param>
/// <param name="Terminating">The error that ended it, else null.</param>
/// <param name="Clean">Its runspace can run another one.</param>
internal sealed record BlockEnd(int? ExitCode, bool TimedOut, ErrorRecord? Terminating, bool Clean);

/// <summary>Runs a script block in a runspace in a sandbox.</summary>
internal static class BlockRun
{
    /// <summary>Runs it, streaming as it goes.</summary>
    /// <param name="runspace">Where.</param>
    /// <param name="plan">What.</param>
    /// <param name="input">Its pipeline input, else null.</param>
    /// <param name="sandbox">Name of the sandbox.</param>
    /// <param name="pump">Where its streams go.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="SandboxException">Its PowerShell is gone.</exception>
    public static async Task<BlockEnd> RunAsync(SandboxRunspace runspace, BlockPlan plan, PSDataCollection<PSObject>? input, string sandbox, OutputPump pump, CancellationToken cancellationToken)
    {
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (plan.How.Timeout is { } timeout)
        {
            ending.CancelAfter(timeout);
        }

        runspace.ExitCode = null;
        runspace.Credit.Begin();
        await SetPreferencesAsync(runspace.Runspace, plan, ending.Token).ConfigureAwait(false);
        BlockStreams streams = new(sandbox, pump, runspace.Credit, ending.Token);
        System.Management.Automation.PowerShell shell = plan.Build();
        Task running = Task.CompletedTask;
        try
        {
            shell.Runspace = runspace.Runspace;
            streams.Attach(shell);
            running = StartAsync(shell, input, streams.Output);
            await WaitAsync(running, runspace, sandbox).WaitAsync(ending.Token).ConfigureAwait(false);
            return new BlockEnd(runspace.ExitCode, TimedOut: false, null, Clean: true);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            return !cancellationToken.IsCancellationRequested ? new BlockEnd(null, TimedOut: true, null, Clean: false) : throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception e) when (runspace.Failure is { } failure)
        {
            throw e as SandboxException ?? failure;
        }
        catch (RemoteException e) when (e.ErrorRecord is not null)
        {
            return new BlockEnd(runspace.ExitCode, TimedOut: false, SandboxMark.Mark(e.ErrorRecord, sandbox), Clean: true);
        }
        catch (RuntimeException e)
        {
            // The pipeline was stopped from inside, or its PowerShell could not be understood.
            throw new SandboxException(SandboxErrorId.CommandFailed, $"The script block in {sandbox} ended: {Wire.HostText.Clean(e.Message)}", "Run it again; if it happens again, look at what it does to its own PowerShell.", sandbox);
        }
        finally
        {
            runspace.Credit.End();
            input?.Complete();
            _ = running.ContinueWith(
                task =>
                {
                    _ = task.Exception;
                    shell.Dispose();
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }
    }

    /// <summary>Waits for a pipeline. Once its server is gone PowerShell fails it, but is not relied on for that.</summary>
    private static async Task WaitAsync(Task running, SandboxRunspace runspace, string sandbox)
    {
        if (await Task.WhenAny(running, runspace.Ended).ConfigureAwait(false) != running)
        {
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(5))).ConfigureAwait(false);
            throw runspace.Failure ?? new SandboxException(SandboxErrorId.GuestDisconnected, $"The PowerShell in {sandbox} was ended.", "Run the script block again.", sandbox);
        }

        await running.ConfigureAwait(false);
    }

    private static Task<PSDataCollection<PSObject>> StartAsync(System.Management.Automation.PowerShell shell, PSDataCollection<PSObject>? input, PSDataCollection<PSObject> output)
    {
        PSInvocationSettings settings = new() { RemoteStreamOptions = RemoteStreamOptions.AddInvocationInfoToErrorRecord, AddToHistory = false };
        return Task.Factory.FromAsync(shell.BeginInvoke(input, output, settings, null, null), shell.EndInvoke);
    }

    private static async Task SetPreferencesAsync(Runspace runspace, BlockPlan plan, CancellationToken cancellationToken)
    {
        if (plan.Preferences.Count == 0)
        {
            return;
        }

        using var shell = System.Management.Automation.PowerShell.Create();
        shell.Runspace = runspace;
        foreach (string name in plan.Preferences)
        {
            shell.AddStatement().AddCommand("Set-Variable").AddParameter("Name", name).AddParameter("Value", "Continue").AddParameter("Scope", "Global");
        }

        Task setting = Task.Factory.FromAsync(shell.BeginInvoke(), result => _ = shell.EndInvoke(result));
        await setting.WaitAsync(cancellationToken).ConfigureAwait(false);
    }
}
