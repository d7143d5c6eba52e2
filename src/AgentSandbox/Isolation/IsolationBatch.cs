using System.Diagnostics;
using System.Threading.Channels;

namespace AgentSandbox.Isolation;

/// <summary>One thing to be tested.</summary>
/// <param name="Name">Name that its results carry.</param>
/// <param name="Specification">The specification; asked for when its turn comes, so that one that can't be had is that subject's failure alone.</param>
public sealed record IsolationSubject(string Name, Func<SandboxSpecification> Specification);

/// <summary>What a batch tells while it runs. Called by one task at a time for one subject, but by several for several.</summary>
public interface IIsolationBatchObserver
{
    /// <summary>A subject's test begins, or a probe of it ended. For progress; called as it happens.</summary>
    /// <param name="index">Place of the subject.</param>
    /// <param name="subject">The subject.</param>
    /// <param name="done">Probes that ended.</param>
    /// <param name="last">Id of the probe that ended last; null at the beginning.</param>
    void Advanced(int index, IsolationSubject subject, int done, string? last);

    /// <summary>A verdict, in the order of the subjects.</summary>
    /// <param name="result">The verdict.</param>
    /// <param name="cancellationToken">Ends the waiting for a slow reader.</param>
    /// <returns>A task that completes when it was taken.</returns>
    ValueTask FoundAsync(IsolationResult result, CancellationToken cancellationToken);

    /// <summary>A subject's verdicts are complete, in the order of the subjects.</summary>
    /// <param name="summary">What they come to.</param>
    /// <param name="cancellationToken">As above.</param>
    /// <returns>As above.</returns>
    ValueTask SummarizedAsync(IsolationSummary summary, CancellationToken cancellationToken);

    /// <summary>A subject could not be tested, or not to the end, in the order of the subjects.</summary>
    /// <param name="subject">The subject.</param>
    /// <param name="failure">Why.</param>
    /// <param name="cancellationToken">As above.</param>
    /// <returns>As above.</returns>
    ValueTask FailedAsync(IsolationSubject subject, SandboxException failure, CancellationToken cancellationToken);
}

/// <summary>
/// Tests several subjects, some at a time. What is found is told in the order of the subjects, so that a report reads the same however many run at once:
/// the first one's verdicts come as they are found, those of the others wait for their turn.
/// </summary>
/// <param name="tester">Tests one.</param>
/// <param name="probeIds">Ids of the probes; all when null.</param>
/// <param name="throttleLimit">How many subjects run at a time.</param>
public sealed class IsolationBatch(IsolationTester tester, IReadOnlyCollection<string>? probeIds, int throttleLimit)
{
    /// <summary>Runs it.</summary>
    /// <param name="subjects">What is tested.</param>
    /// <param name="observer">Told what is found.</param>
    /// <param name="cancellationToken">Cancels, and removes every sibling.</param>
    /// <returns>A task that completes when all siblings are gone.</returns>
    public async Task RunAsync(IReadOnlyList<IsolationSubject> subjects, IIsolationBatchObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(subjects);
        ArgumentNullException.ThrowIfNull(observer);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var places = new SemaphoreSlim(throttleLimit);
        Channel<IsolationResult>[] found = [.. subjects.Select(_ => Channel.CreateUnbounded<IsolationResult>())];
        Task<TimeSpan>[] tests = [.. subjects.Select((subject, index) => TestAsync(index, subject, found[index].Writer, places, observer, stop.Token))];
        try
        {
            for (int index = 0; index < subjects.Count; index++)
            {
                await TellAsync(subjects[index], found[index].Reader, tests[index], observer, stop.Token);
            }
        }
        finally
        {
            // Whatever ended the telling, no call returns before every sibling has been removed.
            await stop.CancelAsync();
            await Task.WhenAll(tests.Select(test => test.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)));
        }
    }

    private static async Task TellAsync(IsolationSubject subject, ChannelReader<IsolationResult> found, Task<TimeSpan> test, IIsolationBatchObserver observer, CancellationToken cancellationToken)
    {
        List<IsolationResult> results = [];
        await foreach (IsolationResult result in found.ReadAllAsync(cancellationToken))
        {
            results.Add(result);
            await observer.FoundAsync(result, cancellationToken);
        }

        try
        {
            TimeSpan duration = await test;
            await observer.SummarizedAsync(IsolationGrading.Summarize(results, duration), cancellationToken);
        }
        catch (SandboxException error)
        {
            await observer.FailedAsync(subject, error, cancellationToken);
        }
    }

    private async Task<TimeSpan> TestAsync(int index, IsolationSubject subject, ChannelWriter<IsolationResult> found, SemaphoreSlim places, IIsolationBatchObserver observer, CancellationToken cancellationToken)
    {
        try
        {
            await places.WaitAsync(cancellationToken);
            try
            {
                long start = Stopwatch.GetTimestamp();
                int done = 0;
                observer.Advanced(index, subject, done, null);

                // Looking a sandbox up may wait for an engine; the caller's thread must not.
                SandboxSpecification specification = await Task.Run(subject.Specification, cancellationToken);
                await foreach (IsolationResult result in tester.TestAsync(subject.Name, specification, probeIds, cancellationToken))
                {
                    found.TryWrite(result);
                    observer.Advanced(index, subject, ++done, result.Id);
                }

                return Stopwatch.GetElapsedTime(start);
            }
            finally
            {
                places.Release();
            }
        }
        finally
        {
            found.Complete();
        }
    }
}
