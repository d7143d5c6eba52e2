using System.Diagnostics;

namespace AgentSandbox.Isolation;

/// <summary>Measures what a sandbox costs, one at a time, so that none slows another down.</summary>
/// <param name="manager">Makes the sandboxes.</param>
public sealed class BackendMeasurement(SandboxManager manager)
{
    private const int Starts = 3;

    /// <summary>Starts a few sandboxes, one after the other, and removes each.</summary>
    /// <param name="specification">What they shall be; its image has to be there, else a pull is measured.</param>
    /// <param name="cancellationToken">Cancels, and removes the sandbox.</param>
    /// <returns>The cost.</returns>
    /// <exception cref="SandboxException">A sandbox could not be made or removed.</exception>
    public async Task<BackendCost> MeasureAsync(SandboxSpecification specification, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(specification);
        List<TimeSpan> times = [];
        long? memory = null;
        string backend = specification.Backend;
        for (int i = 0; i < Starts; i++)
        {
            long start = Stopwatch.GetTimestamp();
            Sandbox sandbox = await manager.CreateThrowAwayAsync(specification with { Name = null }, null, cancellationToken);
            try
            {
                times.Add(Stopwatch.GetElapsedTime(start));
                backend = sandbox.Backend;
                memory ??= manager.Get(sandbox.Id).MemoryUsage;
            }
            finally
            {
                await manager.RemoveAsync(sandbox.Id, CancellationToken.None);
            }
        }

        times.Sort();
        return new BackendCost { Backend = backend, StartTime = times[Starts / 2], Memory = memory };
    }
}
