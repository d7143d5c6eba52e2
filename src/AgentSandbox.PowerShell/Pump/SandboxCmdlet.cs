using System.Management.Automation;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Session;

namespace AgentSandbox.PowerShell.Pump;

/// <summary>
/// What all cmdlets share: work runs on worker threads while the pipeline thread writes what they hand over; Ctrl+C cancels the
/// work; and no call returns before its workers have ended and cleaned up.
/// </summary>
public abstract class SandboxCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly object _stopLock = new();
    private bool _disposed;

    /// <summary>Cancelled by Ctrl+C, and when the pipeline ends early (<c>Select-Object -First 1</c>).</summary>
    private protected CancellationToken StopToken => _stop.Token;

    /// <summary>The process's manager.</summary>
    private protected static SandboxManager Manager => SharedManager.Current;

    /// <inheritdoc/>
    protected sealed override void BeginProcessing()
    {
        try
        {
            LoadedModule.Check(MyInvocation.MyCommand?.Module);
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
        }

        Begin();
    }

    /// <summary>What a cmdlet does before its input comes; its BeginProcessing.</summary>
    private protected virtual void Begin()
    {
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => CancelWork();

    /// <summary>PowerShell calls this at the end of every pipeline, also where EndProcessing is not called.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the cmdlet holds.</summary>
    /// <param name="disposing">Always true: there is no finalizer.</param>
    protected virtual void Dispose(bool disposing)
    {
        lock (_stopLock)
        {
            _disposed = true;
            _stop.Dispose();
        }
    }

    /// <summary>Tells the workers to end.</summary>
    private protected void CancelWork()
    {
        // StopProcessing comes on another thread and may come when the pipeline is over.
        lock (_stopLock)
        {
            if (!_disposed)
            {
                _stop.Cancel();
            }
        }
    }

    /// <summary>Runs work on a worker thread, writes what it hands over, and returns its result.</summary>
    /// <exception cref="PipelineStoppedException">Ctrl+C was pressed; the work has ended.</exception>
    private protected T RunPumped<T>(Func<OutputPump, CancellationToken, Task<T>> work)
    {
        CancellationToken token = StopToken;
        OutputPump pump = new();
        Task<T> worker = Task.Run(
            async () =>
            {
                try
                {
                    return await work(pump, token).ConfigureAwait(false);
                }
                finally
                {
                    pump.Complete();
                }
            },
            CancellationToken.None);

        bool drained = false;
        try
        {
            pump.DrainToEnd(this);
            drained = true;
            return worker.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (drained && token.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            if (!drained)
            {
                // A write threw: the pipeline was stopped by Ctrl+C or by a later command. What the worker says now has no reader,
                // its own failure included.
                CancelWork();
                pump.DiscardToEnd();
                Task.WaitAny(worker);
            }
        }
    }

    /// <summary>As the other overload, for work without a result.</summary>
    private protected void RunPumped(Func<OutputPump, CancellationToken, Task> work) =>
        RunPumped(async (pump, token) =>
        {
            await work(pump, token).ConfigureAwait(false);
            return true;
        });

    /// <summary>Looks at all sandboxes. A container engine that can't be asked is a warning: the others are there all the same.</summary>
    private protected IReadOnlyList<Sandbox> ListSandboxes() =>
        RunPumped((pump, _) => Task.FromResult(Manager.List(warning => pump.TryWrite(cmdlet => cmdlet.WriteWarning(warning)))));

    /// <summary>Ends the cmdlet with an error of the library.</summary>
    [System.Diagnostics.CodeAnalysis.DoesNotReturn]
    private protected void ThrowTerminating(SandboxException exception, object? target = null)
    {
        ThrowTerminatingError(ErrorRecords.From(exception, target));
        throw exception; // Never reached; ThrowTerminatingError has no annotation that says so.
    }

    /// <summary>Reports an error of the library and goes on with the next item.</summary>
    private protected void WriteSandboxError(SandboxException exception, object? target = null) => WriteError(ErrorRecords.From(exception, target));
}
