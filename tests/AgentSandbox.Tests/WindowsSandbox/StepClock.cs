using AgentSandbox.Backends.WindowsSandbox.Instance;

namespace AgentSandbox.Tests.WindowsSandbox;

/// <summary>Time that passes only while somebody waits, and then at once.</summary>
internal sealed class StepClock : IClock
{
    private readonly object _gate = new();
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public DateTimeOffset Now
    {
        get
        {
            lock (_gate)
            {
                return _now;
            }
        }
    }

    /// <summary>All the time that has passed.</summary>
    public TimeSpan Passed => Now - new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public void Advance(TimeSpan time)
    {
        lock (_gate)
        {
            _now += time;
        }
    }

    public async Task DelayAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Advance(time);
        await Task.Delay(1, cancellationToken); // So that others get their turn.
    }
}
