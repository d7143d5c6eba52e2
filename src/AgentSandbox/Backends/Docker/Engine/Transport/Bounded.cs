namespace AgentSandbox.Backends.Docker.Engine.Transport;

/// <summary>Runs something that must end in time.</summary>
internal static class Bounded
{
    /// <summary>Runs it.</summary>
    /// <param name="action">What to run; has to observe its token.</param>
    /// <param name="bound">The time it has; <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when it is done.</returns>
    /// <exception cref="TimeoutException">The time is over.</exception>
    public static async ValueTask RunAsync(Func<CancellationToken, ValueTask> action, TimeSpan bound, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        both.CancelAfter(bound);
        try
        {
            await action(both.Token);
        }
        catch (Exception e) when (both.IsCancellationRequested && e is OperationCanceledException or IOException or ObjectDisposedException or System.Net.Http.HttpRequestException)
        {
            // Cancelling may show as a broken stream; what the caller is told is why it was broken.
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException($"It took longer than {bound.TotalSeconds:0} seconds.", e);
        }
    }
}
