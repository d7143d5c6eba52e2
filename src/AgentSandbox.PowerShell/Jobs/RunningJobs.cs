namespace AgentSandbox.PowerShell.Jobs;

/// <summary>The jobs that run, so that removing the module ends them: nobody could use their commands any more.</summary>
internal static class RunningJobs
{
    private static readonly object s_lock = new();
    private static readonly HashSet<SandboxJob> s_jobs = [];

    /// <summary>A job begins.</summary>
    public static void Add(SandboxJob job)
    {
        lock (s_lock)
        {
            s_jobs.Add(job);
        }
    }

    /// <summary>A job has ended.</summary>
    public static void Remove(SandboxJob job)
    {
        lock (s_lock)
        {
            s_jobs.Remove(job);
        }
    }

    /// <summary>Ends all and waits for that.</summary>
    public static void StopAll()
    {
        SandboxJob[] jobs;
        lock (s_lock)
        {
            jobs = [.. s_jobs];
        }

        foreach (SandboxJob job in jobs)
        {
            job.StopJob();
        }
    }
}
