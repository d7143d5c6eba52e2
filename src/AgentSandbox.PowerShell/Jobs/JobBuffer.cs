using System.Management.Automation;

namespace AgentSandbox.PowerShell.Jobs;

/// <summary>
/// Puts records into a job, for Receive-Job to take. What a sandbox sends must not fill this process's memory: when much has come that nobody received, the job is Blocked, which
/// holds the command up, until somebody receives; Wait-Job says so instead of waiting.
/// </summary>
/// <param name="job">The job.</param>
/// <param name="cancellationToken">The job is being stopped.</param>
internal sealed class JobBuffer(SandboxChildJob job, CancellationToken cancellationToken)
{
    /// <summary>What records may take, about.</summary>
    internal const long Limit = 256L * 1024 * 1024;

    /// <summary>What a record takes beside its text: the wrapper, the object and its place in a list.</summary>
    private const int RecordCost = 128;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);
    private long _cost;

    /// <summary>The job.</summary>
    public SandboxChildJob Job => job;

    /// <summary>Adds a record to one of the job's streams, when there is room.</summary>
    /// <typeparam name="T">Kind of record.</typeparam>
    /// <param name="stream">The stream.</param>
    /// <param name="record">The record.</param>
    /// <param name="text">Its text, for its size.</param>
    public void Add<T>(PSDataCollection<T> stream, T record, string? text)
    {
        WaitForRoom();
        if (cancellationToken.IsCancellationRequested)
        {
            return; // Nobody receives from a job that is being stopped faster than it would fill.
        }

        _cost += RecordCost + (2L * (text?.Length ?? 0));
        stream.Add(record);
    }

    private void WaitForRoom()
    {
        if (!job.HasMoreData)
        {
            _cost = 0;
        }

        if (_cost < Limit)
        {
            return;
        }

        while (job.HasMoreData && !cancellationToken.IsCancellationRequested)
        {
            job.ShowBlocked(true);
            cancellationToken.WaitHandle.WaitOne(s_look);
        }

        _cost = 0;
        job.ShowBlocked(false);
    }
}
