using AgentSandbox.Backends;
using AgentSandbox.State;

namespace AgentSandbox;

public sealed partial class SandboxManager
{
    /// <summary>A folder younger than this may belong to a process that has not stored its record yet.</summary>
    private static readonly TimeSpan s_birth = TimeSpan.FromSeconds(30);

    /// <summary>Looks at every sandbox on this machine, whichever process made it. Repairs what a killed process left.</summary>
    /// <returns>The sandboxes, by name.</returns>
    public IReadOnlyList<Sandbox> List()
    {
        ThrowIfNotRoot();
        return [.. _store.Ids().Select(TryLook).OfType<Sandbox>().OrderBy(s => s.Name, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>Looks at one sandbox.</summary>
    /// <param name="nameOrId">Its name (without regard to case) or id.</param>
    /// <returns>The sandbox.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.SandboxNotFound"/>.</exception>
    public Sandbox Get(string nameOrId)
    {
        ThrowIfNotRoot();
        if (!SandboxName.IsValid(nameOrId))
        {
            throw NotFound(SandboxName.Printable(nameOrId));
        }

        string id = _store.TryFindByName(nameOrId) ?? nameOrId;
        return TryLook(id) ?? throw NotFound(nameOrId);
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
            return _store.IsBeingCreated(id) ? ToSandbox(record, new SandboxStatus(SandboxState.Creating)) : Repair(record);
        }

        SandboxStatus status = Backend(record).Inspect(record);
        bool isOver = record.Expires <= DateTimeOffset.UtcNow || (record.ThrowAway && !FileLock.IsHeld(OwnerLock(record)));
        if (isOver && status.State is SandboxState.Stopped or SandboxState.Failed)
        {
            return Repair(record);
        }

        if (status.NeedsRecovery)
        {
            using FileLock? operation = FileLock.TryTake(Path.Combine(Home.SandboxData(id), OperationLockFile));
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
        using FileLock? operation = FileLock.TryTake(Path.Combine(Home.SandboxData(record.Id), OperationLockFile));
        if (operation is null)
        {
            return ToSandbox(record, new SandboxStatus(SandboxState.Removing));
        }

        // Finished before this returns: who asks for the sandboxes shall not find a dead one's remains.
        Task.Run(() => RemoveAsync(record)).GetAwaiter().GetResult();
        return null;
    }

    private void RepairWithoutRecord(string id)
    {
        string folder = Home.SandboxData(id);
        if (_store.WasAbandoned(id) || (Directory.Exists(folder) && DateTime.UtcNow - Directory.GetCreationTimeUtc(folder) > s_birth && !_store.IsBeingCreated(id)))
        {
            _store.Forget(id);
        }
    }

    private Sandbox Snapshot(SandboxRecord record) => ToSandbox(record, Backend(record).Inspect(record));

    private Sandbox ToSandbox(SandboxRecord record, SandboxStatus status) => new()
    {
        Name = record.Name,
        Id = record.Id,
        Backend = record.Specification.Backend,
        State = status.State,
        StateReason = status.Reason,
        Image = record.Specification.Image,
        Created = record.Created,
        Expires = record.Expires,
        Network = record.Specification.Network ?? NetworkMode.None,
        Limits = new SandboxLimits
        {
            Memory = record.Specification.Memory ?? 0,
            Cpu = record.Specification.Cpu ?? 0,
            Pids = record.Specification.PidLimit ?? 0,
            Disk = record.Specification.DiskLimit ?? 0,
        },
        Mounts = record.Specification.Mounts,
        ProcessId = status.ProcessId,
        MemoryUsage = status.MemoryUsage,
        CpuTime = status.CpuTime,
        ProcessCount = status.ProcessCount,
        Specification = record.Specification,
        Warnings = Backend(record).Warnings(record.Specification),
    };
}
