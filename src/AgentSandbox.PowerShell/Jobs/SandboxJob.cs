using System.Management.Automation;

namespace AgentSandbox.PowerShell.Jobs;

/// <summary>The job that <c>-AsJob</c> gives: one child job for each sandbox. Stopping it ends the commands inside; it ends with this PowerShell.</summary>
public sealed class SandboxJob : WorkerJob
{
    /// <summary>What Get-Job shows as its type.</summary>
    internal const string TypeName = "SandboxJob";

    private readonly object _lock = new();
    private readonly SemaphoreSlim _throttle;

    internal SandboxJob(string command, string? name, int throttleLimit)
        : base(command, name)
    {
        _throttle = new SemaphoreSlim(throttleLimit);
    }

    /// <inheritdoc/>
    public override int? ExitCode => Children.Max(child => child.ExitCode);

    /// <inheritdoc/>
    public override string Location => string.Join(',', Children.Select(child => child.Location));

    /// <inheritdoc/>
    public override string StatusMessage => string.Join(' ', Children.Select(child => child.StatusMessage).Where(message => message.Length > 0));

    /// <inheritdoc/>
    public override bool HasMoreData => Children.Any(child => child.HasMoreData);

    private IEnumerable<SandboxChildJob> Children => ChildJobs.OfType<SandboxChildJob>();

    /// <summary>Adds a piece of work. Before <see cref="Start"/>.</summary>
    /// <param name="location">Where it is done: a sandbox's name.</param>
    /// <param name="work">What is done.</param>
    internal void Add(string location, JobWork work)
    {
        var child = new SandboxChildJob(Command, location, work);
        child.StateChanged += (_, _) => Follow();
        ChildJobs.Add(child);
    }

    /// <summary>Starts all children, so many at once as the throttle lets.</summary>
    internal void Start()
    {
        RunningJobs.Add(this);
        SetJobState(JobState.Running);
        foreach (SandboxChildJob child in Children)
        {
            child.Start(_throttle);
        }
    }

    /// <inheritdoc/>
    public override void StopJob()
    {
        SandboxChildJob[] children = [.. Children];
        foreach (SandboxChildJob child in children)
        {
            child.Cancel();
        }

        foreach (SandboxChildJob child in children)
        {
            child.StopJob();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            foreach (SandboxChildJob child in Children)
            {
                child.Dispose(); // Waits for it: what it runs in the sandbox is ended.
            }

            RunningJobs.Remove(this);
            _throttle.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>A job waits when one of its children does, runs when one does, and has ended when all have: as the worst of them.</summary>
    private void Follow()
    {
        lock (_lock)
        {
            JobState[] states = [.. Children.Select(child => child.JobStateInfo.State)];
            JobState state =
                states.Contains(JobState.Blocked) ? JobState.Blocked
                : !states.All(IsFinished) ? JobState.Running
                : states.Contains(JobState.Failed) ? JobState.Failed
                : states.Contains(JobState.Stopped) ? JobState.Stopped
                : JobState.Completed;
            if (state == JobStateInfo.State || IsFinished(JobStateInfo.State))
            {
                return;
            }

            if (IsFinished(state))
            {
                RunningJobs.Remove(this);
            }

            SetJobState(state);
        }
    }
}
