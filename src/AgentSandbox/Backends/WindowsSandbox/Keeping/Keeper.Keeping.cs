using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>Keeping, and ending.</summary>
internal sealed partial class Keeper
{
    private static readonly TimeSpan s_operationPatience = TimeSpan.FromSeconds(60);

    /// <summary>Waits until the instance has to end. What can't be watched ends.</summary>
    private async Task<KeeperEnd> KeepAsync(Task<int>? guest, CancellationToken cancellationToken)
    {
        try
        {
            return await WatchAsync(guest, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SandboxException)
        {
            _state = _state with { Reason = $"Its keeper could not watch over it any more: {e.Message}" };
            return KeeperEnd.Violation;
        }
    }

    private async Task<KeeperEnd> WatchAsync(Task<int>? guest, CancellationToken cancellationToken)
    {
        DateTimeOffset asked = surroundings.Clock.Now;
        while (true)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return KeeperEnd.Asked;
            }

            if (LostInterest() is { } end)
            {
                return end;
            }

            if (FolderGuard.Check(_paths.Up, surroundings.Bounds) is { } violation)
            {
                _state = _state with { Reason = $"The sandbox was ended because its guest broke the bounds of its folder: {violation}." };
                return KeeperEnd.Violation;
            }

            bool guestEnded = guest?.IsCompleted == true;
            if (guestEnded || surroundings.Clock.Now - asked >= surroundings.Ask)
            {
                asked = surroundings.Clock.Now;
                bool? isThere = await IsThereAsync();
                if (isThere == false || guestEnded)
                {
                    _state = _state with { Reason = isThere == true ? "Its guest program ended." : "Its instance is gone: the window was closed, or something else ended it." };
                    return isThere == true ? KeeperEnd.GuestEnded : KeeperEnd.Vanished;
                }
            }

            try
            {
                await surroundings.Clock.DelayAsync(surroundings.Look, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                // Seen above.
            }
        }
    }

    /// <summary>Null when it can't be told, which is no evidence that it is gone.</summary>
    private async Task<bool?> IsThereAsync()
    {
        try
        {
            return await surroundings.Instance.IsThereAsync(_state, CancellationToken.None);
        }
        catch (SandboxException)
        {
            return null;
        }
    }

    private KeeperEnd? LostInterest() =>
        File.Exists(_paths.StopRequest) || !Directory.Exists(_paths.Data) ? KeeperEnd.Asked
        : _store.WasAbandoned(id) ? KeeperEnd.Abandoned
        : _record.ThrowAway && !FileLock.IsHeld(_paths.OwnerLock) ? KeeperEnd.Ownerless
        : _record.Expires <= surroundings.Clock.Now ? KeeperEnd.Expired
        : null;

    /// <summary>Ends the instance and deletes what is left of it; of one that just ended the record stays, to say why.</summary>
    private async Task<int> FinishAsync(FileLock lives, KeeperEnd end, Task<int>? guest)
    {
        if (_state.Reason is not null && Directory.Exists(_paths.Data))
        {
            Persist(_state); // The end takes a while; from now on nobody shall take it for running.
        }

        try
        {
            await surroundings.Instance.EndAsync(_state, wait: true, CancellationToken.None);
        }
        catch (SandboxException e)
        {
            Persist(_state with { Reason = e.Message });
            lives.Dispose();
            return 1; // Who looks next tries again.
        }

        await ObserveAsync(guest);
        if (!Directory.Exists(_paths.Data))
        {
            lives.Dispose();
            return 0;
        }

        Persist(_state with { Phase = InstancePhase.Ended });
        HostileFolder.Delete(_paths.Share);
        lives.Dispose();
        if (end is KeeperEnd.Expired or KeeperEnd.Ownerless or KeeperEnd.Abandoned || _record.ThrowAway && end != KeeperEnd.Asked)
        {
            await ForgetAsync();
        }

        return 0;
    }

    private async Task<int> AfterFailureAsync(FileLock lives, Exception failure)
    {
        KeeperEnd end = LostInterest() ?? KeeperEnd.Asked; // Its creator, told below, deletes the rest.
        int code = await FinishAsync(lives, end, null);
        Fail(failure as SandboxException ?? InstanceErrors.StartFailed(_record.Name, failure is OperationCanceledException ? "that was ended." : failure.Message));
        return code == 0 && end == KeeperEnd.Asked ? 1 : code;
    }

    private async Task ForgetAsync()
    {
        try
        {
            using FileLock? operation = await FileLock.TakeAsync(_paths.OperationLock, s_operationPatience, CancellationToken.None);
            if (operation is null)
            {
                return; // Who holds it removes it.
            }
        }
        catch (IOException)
        {
            return; // Removed meanwhile.
        }

        _store.Forget(id);
    }

    private static async Task ObserveAsync(Task<int>? guest)
    {
        if (guest is not null)
        {
            // The instance is gone, and with it what ran in it; how its last words sounded is nobody's interest.
            await Task.WhenAny(guest, Task.Delay(TimeSpan.FromSeconds(5)));
        }
    }
}
