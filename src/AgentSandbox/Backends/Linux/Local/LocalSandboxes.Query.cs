using AgentSandbox.Backends.Linux.Checkpoints;
using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Local;

/// <summary>Looking, and repairing what a look finds.</summary>
internal sealed partial class LocalSandboxes
{
    /// <summary>A folder younger than this may belong to a process that has not stored its record yet.</summary>
    private static readonly TimeSpan s_birth = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public Task<IReadOnlyList<Sandbox>> ListAsync(CancellationToken cancellationToken)
    {
        ThrowIfNotRoot();
        return Task.FromResult<IReadOnlyList<Sandbox>>(!CanHaveSandboxes ? [] : [.. _store.Ids().Select(TryLook).OfType<Sandbox>()]);
    }

    /// <inheritdoc/>
    public Task<Sandbox?> TryGetAsync(string nameOrId, CancellationToken cancellationToken)
    {
        ThrowIfNotRoot();
        return Task.FromResult(!CanHaveSandboxes ? null : TryLook(_store.TryFindByName(nameOrId) ?? nameOrId));
    }

    /// <inheritdoc/>
    public ValueTask<bool> HasAsync(string id, CancellationToken cancellationToken)
    {
        ThrowIfNotRoot();
        return ValueTask.FromResult(CanHaveSandboxes && _store.TryRead(id) is not null);
    }

    private Sandbox? TryLook(string id)
    {
        SandboxRecord? record = _store.TryRead(id);
        if (record is null)
        {
            RepairWithoutRecord(id);
            return null;
        }

        if (_store.IsIncomplete(id))
        {
            return _store.WasAbandoned(id) ? Repair(record) : ToSandbox(record, new SandboxStatus(SandboxState.Creating));
        }

        RepairWork(id);
        SandboxStatus status = Backend(record).Inspect(record);
        bool isOver = record.Expires <= DateTimeOffset.UtcNow || (record.ThrowAway && !FileLock.IsHeld(OwnerLock(record)));
        if (isOver && status.State is SandboxState.Stopped or SandboxState.Failed)
        {
            return Repair(record);
        }

        if (status.NeedsRecovery)
        {
            using FileLock? operation = FileLock.TryTake(Path.Combine(_home.SandboxData(id), OperationLockFile));
            if (operation is not null)
            {
                Backend(record).Recover(record);
            }
        }

        return ToSandbox(record, status);
    }

    /// <summary>Removes a sandbox whose creator was killed half-way, or whose time ran out while nothing of it ran.</summary>
    /// <returns>Null when it is gone; the sandbox as it is when another process is at it.</returns>
    private Sandbox? Repair(SandboxRecord record)
    {
        using FileLock? operation = FileLock.TryTake(Path.Combine(_home.SandboxData(record.Id), OperationLockFile));
        if (operation is null)
        {
            return ToSandbox(record, new SandboxStatus(SandboxState.Removing));
        }

        // Finished before this returns: who asks for the sandboxes shall not find a dead one's remains.
        Task.Run(() => RemoveAsync(record)).GetAwaiter().GetResult();
        return null;
    }

    /// <summary>Lets a sandbox run on that a killed copy of its files held, and deletes the half copy.</summary>
    private void RepairWork(string id)
    {
        var paths = new SandboxPaths(_home, id);
        if (!Directory.Exists(paths.Work))
        {
            return;
        }

        using FileLock? operation = FileLock.TryTake(paths.OperationLock);
        if (operation is not null)
        {
            WorkFolder.Repair(paths, id);
        }
    }

    private void RepairWithoutRecord(string id)
    {
        string folder = _home.SandboxData(id);
        if (_store.WasAbandoned(id) || (Directory.Exists(folder) && DateTime.UtcNow - Directory.GetCreationTimeUtc(folder) > s_birth && !_store.IsBeingCreated(id)))
        {
            _store.Forget(id);
        }
    }

    private Sandbox Snapshot(SandboxRecord record) => ToSandbox(record, Backend(record).Inspect(record));

    private Sandbox ToSandbox(SandboxRecord record, SandboxStatus status) =>
        SandboxView.Of(record.Id, record.Name, record.Created, record.Expires, record.Specification, Backend(record).Warnings(record.Specification), status);
}
