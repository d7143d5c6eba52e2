using System.Globalization;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Backends.WindowsSandbox.Keeping;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox;

/// <summary>Creating and removing. There is no stopping: an instance's files are gone with it.</summary>
internal sealed partial class WindowsSandboxes
{
    private static readonly TimeSpan s_operationPatience = TimeSpan.FromSeconds(60);

    /// <summary>A keeper that was asked to end may first have to wait whether an instance comes of a start that was cut short.</summary>
    private static readonly TimeSpan s_keeperPatience = InstanceTimes.Unknown + InstanceTimes.End;

    /// <inheritdoc/>
    public async Task<Sandbox> CreateAsync(SandboxSpecification specification, bool throwAway, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        Readiness.Readiness readiness = await _readiness(cancellationToken);
        if (readiness.Way is not { } way)
        {
            throw new SandboxException(SandboxErrorId.BackendNotAvailable, $"Windows Sandbox can't be used here: {readiness.Reason}", readiness.Action!, specification.Name);
        }

        _ = await ListAsync(cancellationToken); // Clears away what a kill left, which would be in the way.
        _store.EnsureFolders();
        if (FileLock.IsHeld(Keeper.InstanceLock(_home)))
        {
            throw InstanceErrors.InUse(specification.Name, InstanceHolder.Describe(_home));
        }

        (SandboxRecord record, FileLock creating) = _store.Add(specification, DateTimeOffset.UtcNow, throwAway);
        InstancePaths paths = Paths(record.Id);
        try
        {
            if (throwAway)
            {
                _owned[record.Id] = FileLock.TryTake(paths.OwnerLock) ?? throw new InvalidOperationException("A new sandbox has an owner.");
            }

            GuestFolders.Make(paths, SandboxPrograms.WindowsGuest);
            var state = new InstanceState
            {
                InstanceId = Guid.NewGuid().ToString(),
                Way = way,
                Phase = InstancePhase.Planned,
                Creator = string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} of {Environment.UserName}"),
            };
            StateFile.Write(paths.State, state, InstanceJson.Default.InstanceState);
            await _keepers.StartAsync(record.Id, record.Name, text => progress?.Report(new SandboxProgress($"Creating the sandbox '{record.Name}'", text)), cancellationToken);
            _store.Complete(record, creating);
            return await SnapshotAsync(record, CancellationToken.None);
        }
        catch (Exception failure)
        {
            await AfterFailureAsync(record, creating, failure);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<Sandbox> StartAsync(string id, CancellationToken cancellationToken)
    {
        SandboxRecord record = Record(id);
        Sandbox sandbox = await SnapshotAsync(record, cancellationToken);
        return sandbox.State == SandboxState.Running
            ? sandbox
            : throw new SandboxException(SandboxErrorId.NotEnforceable, $"The sandbox '{record.Name}' can't be started again: its files are gone with its instance.", "Remove it and create another.", record.Name);
    }

    /// <inheritdoc/>
    public async Task<Sandbox> StopAsync(string id, CancellationToken cancellationToken)
    {
        SandboxRecord record = Record(id);
        Sandbox sandbox = await SnapshotAsync(record, cancellationToken);
        throw new SandboxException(
            SandboxErrorId.NotEnforceable,
            sandbox.State == SandboxState.Running ? $"The sandbox '{record.Name}' can't be stopped: Windows Sandbox keeps no files, and all of them would be lost." : $"The sandbox '{record.Name}' does not run any more, and its files are gone.",
            "Copy out what you need (Copy-SandboxItem), then remove it: Remove-AgentSandbox.",
            record.Name);
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        SandboxRecord record = Record(id);
        FileLock operation = await BeginAsync(id, cancellationToken);
        try
        {
            _ = Record(id); // It may have gone while this waited.
            await EndAsync(record, CancellationToken.None);
            DeleteShare(id);
        }
        finally
        {
            operation.Dispose(); // It is in the folder that goes.
        }

        _store.Forget(id);
        ReleaseOwnership(id);
    }

    /// <summary>Leaves nothing of a sandbox that could not be made.</summary>
    private async Task AfterFailureAsync(SandboxRecord record, FileLock creating, Exception failure)
    {
        try
        {
            await EndAsync(record, CancellationToken.None);
            DeleteShare(record.Id);
        }
        catch (SandboxException e)
        {
            // The record stays: with it a later look, or a removal, can still end exactly this instance.
            creating.Dispose();
            throw new SandboxException(SandboxErrorId.CleanupFailed, $"{failure.Message} Then what there was of it could not be cleaned up: {e.Message}", e.RecommendedAction, record.Name, failure);
        }

        creating.Dispose();
        ReleaseOwnership(record.Id);
        _store.Forget(record.Id);
    }

    /// <summary>Ends a sandbox's instance: by its keeper if that lives, else without.</summary>
    private async Task EndAsync(SandboxRecord record, CancellationToken cancellationToken)
    {
        InstancePaths paths = Paths(record.Id);
        _connections.DropAll(record.Id + "/");
        try
        {
            await File.WriteAllBytesAsync(paths.StopRequest, [], cancellationToken);
        }
        catch (DirectoryNotFoundException)
        {
            return; // Its keeper was faster: its time was over, say. It forgets a sandbox only when its instance is gone.
        }

        for (var clock = System.Diagnostics.Stopwatch.StartNew(); FileLock.IsHeld(paths.KeeperLock);)
        {
            if (clock.Elapsed > s_keeperPatience)
            {
                throw InstanceErrors.CleanupFailed($"its keeper (process {State(record.Id)?.KeeperId}) does not end.");
            }

            await Task.Delay(20, cancellationToken);
        }

        if (State(record.Id) is { } state && !await EndInstanceAsync(state, wait: true, cancellationToken))
        {
            throw InstanceErrors.CleanupFailed("it can't be told whether there still is one.");
        }
    }

    /// <summary>Ends an instance without its keeper.</summary>
    /// <returns>False when it is not certain that there is none.</returns>
    private async Task<bool> EndInstanceAsync(InstanceState state, bool wait, CancellationToken cancellationToken)
    {
        if (state.Phase is InstancePhase.Planned or InstancePhase.Ended || (await _readiness(cancellationToken)).NothingCanRun)
        {
            return true;
        }

        IInstance instance;
        try
        {
            instance = await _instance(cancellationToken);
        }
        catch (SandboxException e)
        {
            throw InstanceErrors.CleanupFailed(e.Message, e);
        }

        return instance.Way == state.Way
            ? await instance.EndAsync(state, wait, cancellationToken)
            : throw InstanceErrors.CleanupFailed("it was started in another way than this machine has now.");
    }

    private void DeleteShare(string id) => HostileFolder.Delete(Paths(id).Share);

    /// <summary>One operation at a time changes a sandbox, whichever process it is in.</summary>
    private async Task<FileLock> BeginAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await FileLock.TakeAsync(Paths(id).OperationLock, s_operationPatience, cancellationToken)
                ?? throw new SandboxException(SandboxErrorId.SandboxBusy, "Another process is removing the sandbox.", "Try again in a moment.", id);
        }
        catch (IOException) when (!Directory.Exists(Paths(id).Data))
        {
            throw SandboxManager.NotFound(id);
        }
    }
}
