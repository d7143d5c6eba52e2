using System.Management.Automation;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Jobs;

/// <summary>The part of a <see cref="SandboxJob"/> that works in one sandbox.</summary>
public sealed class SandboxChildJob : WorkerJob
{
    private readonly CancellationTokenSource _stop = new();
    private readonly JobWork _work;
    private readonly JobBuffer _buffer;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _run = Task.CompletedTask;
    private int? _exitCode;
    private string _statusMessage = "";

    internal SandboxChildJob(string command, string location, JobWork work)
        : base(command, null)
    {
        Location = location;
        _work = work;
        _buffer = new JobBuffer(this, _stop.Token);
    }

    /// <inheritdoc/>
    public override int? ExitCode => _exitCode;

    /// <summary>Name of the sandbox.</summary>
    public override string Location { get; }

    /// <summary>Why it failed; empty when it did not.</summary>
    public override string StatusMessage => _statusMessage;

    /// <inheritdoc/>
    public override bool HasMoreData => Output.Count > 0 || Error.Count > 0 || Warning.Count > 0 || Verbose.Count > 0 || Debug.Count > 0 || Information.Count > 0 || Progress.Count > 0;

    /// <summary>Ends the work, and with it the command in the sandbox; returns when it has ended.</summary>
    public override void StopJob()
    {
        Cancel();
        _run.GetAwaiter().GetResult();
    }

    /// <summary>Starts the work, as soon as the throttle lets it.</summary>
    internal void Start(SemaphoreSlim throttle) => _run = Task.Run(() => RunAsync(throttle));

    /// <summary>Tells the work to end.</summary>
    internal void Cancel() => _stop.Cancel();

    /// <summary>Shows whether the work stands still until somebody receives.</summary>
    internal void ShowBlocked(bool isBlocked)
    {
        JobState state = isBlocked ? JobState.Blocked : JobState.Running;
        if (JobStateInfo.State != state)
        {
            SetJobState(state);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            // Not for all of the run: Receive-Job -AutoRemoveJob disposes of a job while the job tells it that it has ended.
            Cancel();
            if (_run != Task.CompletedTask)
            {
                _ended.Task.GetAwaiter().GetResult();
            }

            _stop.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task RunAsync(SemaphoreSlim throttle)
    {
        JobState end;
        try
        {
            await throttle.WaitAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                end = await WorkAsync().ConfigureAwait(false);
            }
            finally
            {
                throttle.Release();
            }
        }
        catch (OperationCanceledException)
        {
            end = JobState.Stopped;
        }
        finally
        {
            _ended.TrySetResult();
        }

        SetJobState(end);
    }

    private async Task<JobState> WorkAsync()
    {
        SetJobState(JobState.Running);
        var pump = new OutputPump();
        Task<JobEnd> work = Task.Run(() => _work(pump, _stop.Token), CancellationToken.None);
        _ = work.ContinueWith(_ => pump.Complete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        var writer = new JobWriter(_buffer);

        // A thread of its own: writing waits for as long as nobody receives.
        Task writing = Task.Factory.StartNew(() => Drain(pump, writer), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        ErrorRecord? failure;
        try
        {
            await writing.ConfigureAwait(false);
            JobEnd end = await work.ConfigureAwait(false);
            _exitCode = end.ExitCode;
            failure = end.Failure;
        }
        catch (SandboxException e)
        {
            failure = ErrorRecords.From(e, Location);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A defect: it must be seen, and this task has nobody who would see its exception.
            failure = new ErrorRecord(e, "InternalError", ErrorCategory.NotSpecified, Location);
        }

        if (_stop.IsCancellationRequested)
        {
            return JobState.Stopped;
        }

        if (failure is not null)
        {
            // Not as the state's reason: Receive-Job would write that as an error of its own id, at every call again.
            Error.Add(failure);
            writer.Failed ??= failure;
        }

        _statusMessage = writer.Failed?.ErrorDetails?.Message ?? writer.Failed?.Exception.Message ?? "";
        return writer.Failed is null ? JobState.Completed : JobState.Failed;
    }

    private static void Drain(OutputPump pump, JobWriter writer)
    {
        try
        {
            pump.DrainToEnd(writer);
        }
        catch
        {
            pump.DiscardToEnd(); // Else the work would stand still before a full pump.
            throw;
        }
    }
}
