using System.Management.Automation;

namespace AgentSandbox.PowerShell.Jobs;

/// <summary>
/// What the module's jobs share: they are started by the cmdlet that makes them, once, and can be stopped, but not suspended. No <see cref="Job2"/>, which PowerShell can remove only where a
/// job source adapter has made it: <c>Receive-Job -Wait -AutoRemoveJob</c> would end with an error.
/// </summary>
public abstract class WorkerJob : Job
{
    private protected WorkerJob(string command, string? name)
        : base(command, name)
    {
        PSJobTypeName = SandboxJob.TypeName;
    }

    /// <summary>The highest exit code of the commands so far; null when none has ended.</summary>
    public abstract int? ExitCode { get; }

    /// <summary>Says whether a job in this state does not run any more.</summary>
    private protected static bool IsFinished(JobState state) => state is JobState.Completed or JobState.Failed or JobState.Stopped;
}
