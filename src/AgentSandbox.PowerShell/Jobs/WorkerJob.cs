using System.Management.Automation;

namespace AgentSandbox.PowerShell.Jobs;

/// <summary>What the module's jobs share: they are started by the cmdlet that makes them, once, and can be stopped, but not suspended.</summary>
public abstract class WorkerJob : Job2
{
    private protected WorkerJob(string command, string? name)
        : base(command, name)
    {
        PSJobTypeName = SandboxJob.TypeName;
    }

    /// <summary>The highest exit code of the commands so far; null when none has ended.</summary>
    public abstract int? ExitCode { get; }

    /// <inheritdoc/>
    public override void StopJobAsync() => _ = Task.Run(() =>
    {
        StopJob();
        OnStopJobCompleted(new System.ComponentModel.AsyncCompletedEventArgs(null, cancelled: false, null));
    });

    /// <inheritdoc/>
    public override void StopJob(bool force, string reason) => StopJob();

    /// <inheritdoc/>
    public override void StopJobAsync(bool force, string reason) => StopJobAsync();

    /// <inheritdoc/>
    public override void StartJob() => throw NotSupported("started again");

    /// <inheritdoc/>
    public override void StartJobAsync() => throw NotSupported("started again");

    /// <inheritdoc/>
    public override void SuspendJob() => throw NotSupported("suspended");

    /// <inheritdoc/>
    public override void SuspendJobAsync() => throw NotSupported("suspended");

    /// <inheritdoc/>
    public override void SuspendJob(bool force, string reason) => throw NotSupported("suspended");

    /// <inheritdoc/>
    public override void SuspendJobAsync(bool force, string reason) => throw NotSupported("suspended");

    /// <inheritdoc/>
    public override void ResumeJob() => throw NotSupported("resumed");

    /// <inheritdoc/>
    public override void ResumeJobAsync() => throw NotSupported("resumed");

    /// <inheritdoc/>
    public override void UnblockJob() => throw NotSupported("unblocked but by Receive-Job");

    /// <inheritdoc/>
    public override void UnblockJobAsync() => throw NotSupported("unblocked but by Receive-Job");

    /// <summary>Says whether a job in this state does not run any more.</summary>
    private protected static bool IsFinished(JobState state) => state is JobState.Completed or JobState.Failed or JobState.Stopped;

    private static PSNotSupportedException NotSupported(string what) => new($"A {SandboxJob.TypeName} can't be {what}.");
}
