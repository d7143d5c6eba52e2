using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox;

/// <summary>Looking, and repairing what a look finds.</summary>
internal sealed partial class WindowsSandboxes
{
    /// <summary>A folder younger than this may belong to a process that has not stored its record yet.</summary>
    private static readonly TimeSpan s_birth = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Sandbox>> ListAsync(CancellationToken cancellationToken)
    {
        var found = new List<Sandbox>();
        foreach (string id in Exists ? _store.Ids() : [])
        {
            if (await TryLookAsync(id, cancellationToken) is { } sandbox)
            {
                found.Add(sandbox);
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public async Task<Sandbox?> TryGetAsync(string nameOrId, CancellationToken cancellationToken) =>
        Exists ? await TryLookAsync(_store.TryFindByName(nameOrId) ?? nameOrId, cancellationToken) : null;

    /// <inheritdoc/>
    public ValueTask<bool> HasAsync(string id, CancellationToken cancellationToken) => ValueTask.FromResult(Exists && _store.TryRead(id) is not null);

    private async Task<Sandbox?> TryLookAsync(string id, CancellationToken cancellationToken)
    {
        if (_store.TryRead(id) is not { } record)
        {
            RepairWithoutRecord(id);
            return null;
        }

        bool isKept = FileLock.IsHeld(Paths(id).KeeperLock);
        if (_store.IsIncomplete(id))
        {
            return !isKept && _store.WasAbandoned(id) ? await RepairAsync(record, cancellationToken) : ToSandbox(record, new SandboxStatus(SandboxState.Creating));
        }

        if (isKept)
        {
            return ToSandbox(record, File.Exists(Paths(id).StopRequest) ? new SandboxStatus(SandboxState.Removing)
                : State(id)?.Reason is { } reason ? new SandboxStatus(SandboxState.Failed, reason)
                : new SandboxStatus(SandboxState.Running));
        }

        if (record.Expires <= DateTimeOffset.UtcNow || record.ThrowAway && !FileLock.IsHeld(Paths(id).OwnerLock))
        {
            return await RepairAsync(record, cancellationToken);
        }

        return ToSandbox(record, new SandboxStatus(SandboxState.Failed, await EndUnkeptAsync(record, cancellationToken)));
    }

    /// <summary>A sandbox whose keeper was killed is ended: nobody would bound what it writes, or end it in time.</summary>
    /// <returns>Why it has failed.</returns>
    private async Task<string> EndUnkeptAsync(SandboxRecord record, CancellationToken cancellationToken)
    {
        InstanceState? state = State(record.Id);
        if (state is null or { Phase: InstancePhase.Ended })
        {
            return state?.Reason ?? "Its instance has ended.";
        }

        const string Killed = "Its keeper was killed, so its instance was ended.";
        using FileLock? operation = TryOperate(record.Id);
        if (operation is null)
        {
            return Killed;
        }

        try
        {
            if (!await EndInstanceAsync(state, wait: false, cancellationToken))
            {
                return "Its keeper was killed while it started; an instance may still come of it, and is ended by a later look.";
            }
        }
        catch (SandboxException e)
        {
            return $"Its keeper was killed. {e.Message}"; // A look is no place to fail: removing it says the same as an error.
        }

        StateFile.Write(Paths(record.Id).State, state with { Phase = InstancePhase.Ended, Reason = state.Reason ?? Killed }, InstanceJson.Default.InstanceState);
        return state.Reason ?? Killed;
    }

    /// <summary>Removes a sandbox whose creator and keeper were killed, or whose time ran out while nobody kept it.</summary>
    /// <returns>Null when it is gone; the sandbox as it is when it can't be yet.</returns>
    private async Task<Sandbox?> RepairAsync(SandboxRecord record, CancellationToken cancellationToken)
    {
        FileLock? operation = TryOperate(record.Id);
        if (operation is not null)
        {
            try
            {
                if (State(record.Id) is not { } state || await EndInstanceAsync(state, wait: false, cancellationToken))
                {
                    DeleteShare(record.Id);
                    operation.Dispose();
                    _store.Forget(record.Id);
                    return null;
                }
            }
            catch (SandboxException e)
            {
                return ToSandbox(record, new SandboxStatus(SandboxState.Failed, e.Message));
            }
            finally
            {
                operation.Dispose();
            }
        }

        return ToSandbox(record, new SandboxStatus(SandboxState.Removing));
    }

    private void RepairWithoutRecord(string id)
    {
        string folder = _home.SandboxData(id);
        if (_store.WasAbandoned(id) || (Directory.Exists(folder) && DateTime.UtcNow - Directory.GetCreationTimeUtc(folder) > s_birth && !_store.IsBeingCreated(id)))
        {
            _store.Forget(id); // Nothing is started before there is a record.
        }
    }

    private FileLock? TryOperate(string id) => FileLock.TryTake(Paths(id).OperationLock);

    private async Task<Sandbox> SnapshotAsync(SandboxRecord record, CancellationToken cancellationToken) =>
        await TryLookAsync(record.Id, cancellationToken) ?? throw SandboxManager.NotFound(record.Name);

    private Sandbox ToSandbox(SandboxRecord record, SandboxStatus status) =>
        SandboxView.Of(record.Id, record.Name, record.Created, record.Expires, record.Specification, _backend.Warnings(record.Specification), status);
}
