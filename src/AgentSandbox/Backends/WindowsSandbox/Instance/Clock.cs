namespace AgentSandbox.Backends.WindowsSandbox.Instance;

/// <summary>Time, as a seam: what is bounded by minutes is tested in moments.</summary>
internal interface IClock
{
    /// <summary>The time.</summary>
    DateTimeOffset Now { get; }

    /// <summary>Lets time pass.</summary>
    /// <param name="time">How much.</param>
    /// <param name="cancellationToken">Cuts it short.</param>
    Task DelayAsync(TimeSpan time, CancellationToken cancellationToken);
}

/// <summary>The real one.</summary>
internal sealed class SystemClock : IClock
{
    /// <inheritdoc/>
    public DateTimeOffset Now => DateTimeOffset.UtcNow;

    /// <inheritdoc/>
    public Task DelayAsync(TimeSpan time, CancellationToken cancellationToken) => Task.Delay(time, cancellationToken);
}
