using System.Globalization;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Connection;

namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>The way to the guest program of an instance. A seam for tests.</summary>
internal interface IGuestDoor
{
    /// <summary>Opens a duplex stream; the guest may not be there yet.</summary>
    /// <param name="paths">The sandbox's folders.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The stream, before any frame was exchanged.</returns>
    Task<Stream> ConnectAsync(InstancePaths paths, CancellationToken cancellationToken);
}

/// <summary>Says HELLO to a new guest: listed, logged on and started are not ready, an answer is.</summary>
internal static class GuestGreeting
{
    /// <summary>Waits for the answer.</summary>
    /// <param name="door">The way to it.</param>
    /// <param name="paths">The sandbox's folders.</param>
    /// <param name="patience">How long.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="SandboxException">It did not answer in time, or it is no guest of ours.</exception>
    public static async Task WaitAsync(IGuestDoor door, InstancePaths paths, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(patience);
        while (true)
        {
            try
            {
                Stream stream = await door.ConnectAsync(paths, bound.Token);
                await using GuestConnection connection = await GuestConnection.OpenAsync(stream, bound.Token);
                return;
            }
            catch (SandboxException e) when (e.ErrorId is SandboxErrorId.GuestNotResponding or SandboxErrorId.GuestDisconnected && !bound.IsCancellationRequested)
            {
                // Nobody is there yet: Windows inside may still be starting. One connection waits less long than that can take.
                await Task.Delay(InstanceTimes.Poll, bound.Token).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw GuestErrors.NotResponding(string.Create(CultureInfo.InvariantCulture, $"it did not answer within {patience.TotalSeconds:0} s."));
            }
        }
    }
}
