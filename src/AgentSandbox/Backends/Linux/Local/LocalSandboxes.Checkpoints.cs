using AgentSandbox.Backends.Linux.Checkpoints;
using AgentSandbox.Backends.Linux.FileSystem;
using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Local;

/// <summary>Copies of a sandbox's own files: checkpoints, restoring, and sandboxes made from others. The design: docs/design/checkpoints.md.</summary>
internal sealed partial class LocalSandboxes
{
    /// <inheritdoc/>
    public async Task<SandboxCheckpoint> CheckpointAsync(string id, string name, bool replace, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        using FileLock operation = await BeginAsync(id, cancellationToken);
        SandboxRecord record = Record(id);
        var paths = new SandboxPaths(_home, id);
        var store = new CheckpointStore(paths);
        if (!replace && store.TryGet(name) is { } other)
        {
            throw new SandboxException(SandboxErrorId.CheckpointExists, $"The sandbox '{record.Name}' has a checkpoint named '{other.Name}' already.", "Choose another name; -Force (--force) replaces it.", name);
        }

        try
        {
            using var work = new WorkFolder(paths);
            DateTimeOffset created = DateTimeOffset.UtcNow;
            bool ran = await CopyDiskAsync(record, paths, work.Fresh, $"Checkpoint {name} of {record.Name}", progress, cancellationToken);
            SandboxDisk.Check(work.Fresh);
            var checkpoint = new SandboxCheckpoint { Name = name, SandboxName = record.Name, SandboxId = id, Created = created, Size = await SandboxDisk.SizeAsync(work.Fresh), WasRunning = ran };
            store.Commit(work.Fresh, checkpoint);
            return checkpoint;
        }
        catch (IOException e) when (IsDiskFull(e))
        {
            throw DiskFull(e, record.Name);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SandboxCheckpoint>> CheckpointsAsync(string id, CancellationToken cancellationToken)
    {
        ThrowIfNotRoot();
        return Task.FromResult(new CheckpointStore(new SandboxPaths(_home, Record(id).Id)).List());
    }

    /// <inheritdoc/>
    public async Task<Sandbox> RestoreAsync(string id, string name, bool force, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        using FileLock operation = await BeginAsync(id, cancellationToken);
        SandboxRecord record = Record(id);
        ILocalBackend backend = Backend(record);
        var paths = new SandboxPaths(_home, id);
        var store = new CheckpointStore(paths);
        _ = store.TryGet(name) ?? throw NoCheckpoint(record, name);
        bool runs = backend.Inspect(record).State is SandboxState.Running or SandboxState.Creating;
        if (runs && !force)
        {
            throw new SandboxException(SandboxErrorId.SandboxRunning, $"The sandbox '{record.Name}' is running.", $"Stop it first (Stop-AgentSandbox {record.Name}), or let -Force (--force) stop it and start it again.", record.Name);
        }

        try
        {
            // Copied while it still runs: it is down for no longer than it takes to stop, rename and start; and a full disk changes nothing.
            using var work = new WorkFolder(paths);
            await SandboxDisk.CopyAsync(store.Folder(name), work.Fresh, $"Restore {record.Name} from {name}", progress, cancellationToken);
            await backend.StopAsync(record, cancellationToken);
            if (File.Exists(paths.DiskImage))
            {
                File.Move(SandboxPaths.DiskImageIn(work.Fresh), paths.DiskImage, overwrite: true);
            }
            else
            {
                CheckpointStore.Exchange(SandboxPaths.DiskFolderIn(work.Fresh), paths.DiskFolder);
            }
        }
        catch (IOException e) when (IsDiskFull(e))
        {
            throw DiskFull(e, record.Name);
        }

        if (runs)
        {
            await backend.StartAsync(record, CancellationToken.None);
        }

        return Snapshot(record);
    }

    /// <inheritdoc/>
    public async Task RemoveCheckpointAsync(string id, string name, CancellationToken cancellationToken)
    {
        using FileLock operation = await BeginAsync(id, cancellationToken);
        SandboxRecord record = Record(id);
        var paths = new SandboxPaths(_home, id);
        var store = new CheckpointStore(paths);
        _ = store.TryGet(name) ?? throw NoCheckpoint(record, name);
        using var work = new WorkFolder(paths);
        store.TakeOut(name, work.Fresh);
    }

    /// <inheritdoc/>
    public async Task<Sandbox> CloneAsync(string id, SandboxSpecification specification, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            using FileLock operation = await BeginAsync(id, cancellationToken);
            SandboxRecord source = Record(id);
            (SandboxRecord record, FileLock creating) = _store.Add(specification, DateTimeOffset.UtcNow, throwAway: false, source.DiskIdBase ?? source.IdBase);
            ILocalBackend backend = Backend(record);
            try
            {
                string folder = _home.SandboxData(record.Id);
                var paths = new SandboxPaths(_home, id);
                using (new WorkFolder(paths))
                {
                    await CopyDiskAsync(source, paths, folder, $"Copy {source.Name} to {record.Name}", progress, cancellationToken);
                }

                operation.Dispose(); // The other is free again: starting this one is none of its business.
                SandboxDisk.Check(folder);
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

    /// <summary>Copies a sandbox's own files while they stand still: it does not run, or is held meanwhile.</summary>
    /// <returns>True when it runs.</returns>
    private async Task<bool> CopyDiskAsync(SandboxRecord record, SandboxPaths paths, string to, string activity, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        ILocalBackend backend = Backend(record);
        SandboxStatus status = backend.Inspect(record);
        if (status.State == SandboxState.Running)
        {
            using HeldSandbox held = HeldSandbox.Hold(record, paths);
            await SandboxDisk.CopyAsync(paths.Data, to, activity, progress, cancellationToken);
            held.ThrowIfChanged();
            return true;
        }

        if (status.NeedsRecovery)
        {
            backend.Recover(record); // What a crash may have left must not write meanwhile.
        }
        else if (status.State is not (SandboxState.Stopped or SandboxState.Failed))
        {
            throw new SandboxException(SandboxErrorId.SandboxBusy, $"The sandbox '{record.Name}' is {status.State}.", "Try again in a moment.", record.Name);
        }

        await LoopDevices.WaitUntilFreeAsync(paths.DiskImage, cancellationToken);
        await SandboxDisk.CopyAsync(paths.Data, to, activity, progress, cancellationToken);
        return false;
    }

    private static SandboxException NoCheckpoint(SandboxRecord record, string name) =>
        new(SandboxErrorId.CheckpointNotFound, $"The sandbox '{record.Name}' has no checkpoint '{SandboxName.Printable(name)}'.", $"List them: Get-SandboxCheckpoint {record.Name}", name);
}
