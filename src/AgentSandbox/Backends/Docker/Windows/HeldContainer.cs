using AgentSandbox.Backends.Docker.Engine;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>
/// This process's hold on a throw-away container: the open standard input of its waiting process. When it closes, by whatever end of this process,
/// the container ends, and the engine deletes it. The time to live of such a container is kept here too, since it never outlives this.
/// </summary>
internal sealed class HeldContainer : IDisposable
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromDays(1);
    private readonly CancellationTokenSource _end = new();
    private readonly MultiplexedStream _input;

    /// <summary>Takes hold.</summary>
    /// <param name="input">The attached streams of the waiting process.</param>
    /// <param name="expires">When the container is to end.</param>
    /// <param name="remove">Deletes it.</param>
    public HeldContainer(MultiplexedStream input, DateTimeOffset? expires, Func<Task> remove)
    {
        _input = input;
        if (expires is { } time)
        {
            _ = EndAtAsync(time, remove);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        _input.Dispose();
    }

    private async Task EndAtAsync(DateTimeOffset time, Func<Task> remove)
    {
        try
        {
            while (time - DateTimeOffset.UtcNow is var left && left > TimeSpan.Zero)
            {
                await Task.Delay(left < s_longestWait ? left : s_longestWait, _end.Token);
            }

            _input.Dispose();
            await remove();
        }
        catch (OperationCanceledException)
        {
            // It has ended before its time.
        }
        catch (Exception e) when (e is SandboxException or DockerEngineException)
        {
            // Its input has been closed, which ends it too; the next look at the sandboxes deletes what is left.
        }
    }
}
