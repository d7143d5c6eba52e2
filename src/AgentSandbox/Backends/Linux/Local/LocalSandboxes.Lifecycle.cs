using AgentSandbox.Backends.Linux.Checkpoints;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Local;

/// <summary>Creating, starting, stopping and removing.</summary>
internal sealed partial class LocalSandboxes
{
    private static readonly TimeSpan s_operationPatience = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public async Task<Sandbox> CreateAsync(SandboxSpecification specification, bool throwAway, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            (SandboxRecord record, FileLock creating) = _store.Add(specification, DateTimeOffset.UtcNow, throwAway);
            ILocalBackend backend = Backend(record);
            try
            {
                if (throwAway)
                {
                    _owned[record.Id] = FileLock.TryTake(OwnerLock(record)) ?? throw new InvalidOperationException("A new sandbox has an owner.");
                }

                _ = _images.Get(specification.Image); // Made here when it is the built-in one and new, not in the supervisor, which shall stay small.
                await backend.StartAsync(record, cancellationToken);
                _store.Complete(record, creating);
                return Snapshot(record);
            }
            catch
            {
                await backend.RemoveAsync(record, CancellationToken.None);
                Forget(record);
                creating.Dispose();
                throw;
            }
        }
        catch (IOException e) when (IsDiskFull(e))
        {
            throw DiskFull(e, specification.Name);
        }
    }

    /// <inheritdoc/>
    public async Task<Sandbox> StartAsync(string id, CancellationToken cancellationToken)
    {
        using FileLock operation = await BeginAsync(id, cancellationToken);
        SandboxRecord record = Record(id);
        ILocalBackend backend = Backend(record);
        if (backend.Inspect(record).State != SandboxState.Running)
        {
            await backend.StopAsync(record, cancellationToken); // What a crash may have left must not be in the way.
            try
            {
                await backend.StartAsync(record, cancellationToken);
            }
            catch (SandboxException e) when (e.ErrorId == SandboxErrorId.SandboxBusy)
            {
                // The supervisor of a start that was killed took its lock after the stop had looked for it. The failed start has ended it.
                await backend.StartAsync(record, cancellationToken);
            }
        }

        return Snapshot(record);
    }

    /// <inheritdoc/>
    public async Task<Sandbox> StopAsync(string id, CancellationToken cancellationToken)
    {
        using FileLock operation = await BeginAsync(id, cancellationToken);
        SandboxRecord record = Record(id);
        await Backend(record).StopAsync(record, cancellationToken);
        return Snapshot(record);
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        using FileLock operation = await BeginAsync(id, cancellationToken);
        await RemoveAsync(Record(id));
    }

    private static bool IsDiskFull(IOException e) => (e is LinuxException linux ? linux.Errno : e.HResult) == Errno.ENOSPC;

    private SandboxException DiskFull(IOException e, string? name) => new(SandboxErrorId.DiskFull, "The disk is full.", $"Free space where {_home.Data} is.", name, e);

    private async Task RemoveAsync(SandboxRecord record)
    {
        await Backend(record).RemoveAsync(record, CancellationToken.None);
        Forget(record);
    }

    private void Forget(SandboxRecord record)
    {
        _store.Forget(record.Id);
        if (_owned.TryRemove(record.Id, out FileLock? ownership))
        {
            ownership.Dispose();
        }
    }

    private string OwnerLock(SandboxRecord record) => Path.Combine(_home.SandboxData(record.Id), OwnerLockFile);

    private SandboxRecord Record(string id) => _store.TryRead(id) ?? throw SandboxManager.NotFound(id);

    /// <summary>One operation at a time changes a sandbox, whichever process it is in.</summary>
    private async Task<FileLock> BeginAsync(string id, CancellationToken cancellationToken)
    {
        ThrowIfNotRoot();
        try
        {
            FileLock operation = await FileLock.TakeAsync(Path.Combine(_home.SandboxData(id), OperationLockFile), s_operationPatience, cancellationToken)
                ?? throw new SandboxException(SandboxErrorId.SandboxBusy, "Another process is starting, stopping, copying or removing the sandbox.", "Try again in a moment.", id);
            try
            {
                WorkFolder.Repair(new SandboxPaths(_home, id), id);
                return operation;
            }
            catch
            {
                operation.Dispose();
                throw;
            }
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            throw SandboxManager.NotFound(id);
        }
    }

    /// <summary>Held by the process that made a throw-away sandbox.</summary>
    internal const string OwnerLockFile = "owner.lock";

    internal const string OperationLockFile = "operation.lock";
}
