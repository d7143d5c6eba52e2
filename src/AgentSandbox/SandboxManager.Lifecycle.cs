using AgentSandbox.Backends;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.State;

namespace AgentSandbox;

public sealed partial class SandboxManager
{
    private static readonly TimeSpan s_operationPatience = TimeSpan.FromSeconds(60);

    /// <summary>Creates and starts a sandbox.</summary>
    /// <param name="specification">What it shall be.</param>
    /// <param name="cancellationToken">Cancels the creation and removes what there was of it.</param>
    /// <returns>The running sandbox.</returns>
    /// <exception cref="SandboxException">It could not be made; nothing is left of it.</exception>
    public Task<Sandbox> CreateAsync(SandboxSpecification specification, CancellationToken cancellationToken = default) =>
        MakeAsync(specification, throwAway: false, cancellationToken);

    /// <summary>
    /// Creates and starts a sandbox for this process only: whoever made it removes it, and its supervisor does when this process ends without,
    /// even by SIGKILL.
    /// </summary>
    /// <param name="specification">What it shall be.</param>
    /// <param name="cancellationToken">Cancels the creation and removes what there was of it.</param>
    /// <returns>The running sandbox.</returns>
    /// <exception cref="SandboxException">It could not be made; nothing is left of it.</exception>
    public Task<Sandbox> CreateThrowAwayAsync(SandboxSpecification specification, CancellationToken cancellationToken = default) =>
        MakeAsync(specification, throwAway: true, cancellationToken);

    private async Task<Sandbox> MakeAsync(SandboxSpecification specification, bool throwAway, CancellationToken cancellationToken)
    {
        SandboxSpecification resolved = Resolve(specification);
        try
        {
            (SandboxRecord record, FileLock creating) = _store.Add(resolved, DateTimeOffset.UtcNow, throwAway);
            ISandboxBackend backend = Backend(record);
            try
            {
                if (throwAway)
                {
                    _owned[record.Id] = FileLock.TryTake(OwnerLock(record)) ?? throw new InvalidOperationException("A new sandbox has an owner.");
                }

                _ = Images.Get(resolved.Image); // Made here when it is the built-in one and new, not in the supervisor, which shall stay small.
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
        catch (IOException e) when ((e is LinuxException linux ? linux.Errno : e.HResult) == Errno.ENOSPC)
        {
            throw new SandboxException(SandboxErrorId.DiskFull, "The disk is full.", $"Free space where {Home.Data} is.", specification.Name, e);
        }
    }

    /// <summary>Starts a stopped or failed sandbox on the file system that it had. A running one stays as it is.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>The running sandbox.</returns>
    /// <exception cref="SandboxException">It could not be started; its files are as they were.</exception>
    public async Task<Sandbox> StartAsync(string id, CancellationToken cancellationToken = default)
    {
        using FileLock operation = await BeginAsync(id, cancellationToken);
        SandboxRecord record = Record(id);
        ISandboxBackend backend = Backend(record);
        if (backend.Inspect(record).State != SandboxState.Running)
        {
            await backend.StopAsync(record, cancellationToken); // What a crash may have left must not be in the way.
            await backend.StartAsync(record, cancellationToken);
        }

        return Snapshot(record);
    }

    /// <summary>Ends everything in a sandbox; its file system is kept. A stopped one stays as it is.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cuts the time short that commands get to end by themselves.</param>
    /// <returns>The stopped sandbox.</returns>
    public async Task<Sandbox> StopAsync(string id, CancellationToken cancellationToken = default)
    {
        using FileLock operation = await BeginAsync(id, cancellationToken);
        SandboxRecord record = Record(id);
        await Backend(record).StopAsync(record, cancellationToken);
        return Snapshot(record);
    }

    /// <summary>Ends everything in a sandbox and deletes all there is of it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>A task that completes when nothing is left.</returns>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken = default)
    {
        using FileLock operation = await BeginAsync(id, cancellationToken);
        await RemoveAsync(Record(id));
    }

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

    private string OwnerLock(SandboxRecord record) => Path.Combine(Home.SandboxData(record.Id), OwnerLockFile);

    private SandboxRecord Record(string id) => _store.TryRead(id) ?? throw NotFound(id);

    private static SandboxException NotFound(string nameOrId) =>
        new(SandboxErrorId.SandboxNotFound, $"There is no sandbox '{nameOrId}'.", "List them with Get-AgentSandbox (agentsandbox list).", nameOrId);

    /// <summary>One operation at a time changes a sandbox, whichever process it is in.</summary>
    private async Task<FileLock> BeginAsync(string id, CancellationToken cancellationToken)
    {
        ThrowIfNotRoot();
        try
        {
            return await FileLock.TakeAsync(Path.Combine(Home.SandboxData(id), OperationLockFile), s_operationPatience, cancellationToken)
                ?? throw new SandboxException(SandboxErrorId.SandboxBusy, "Another process is starting, stopping or removing the sandbox.", "Try again in a moment.", id);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            throw NotFound(id);
        }
    }

    /// <summary>Held by the process that made a throw-away sandbox.</summary>
    internal const string OwnerLockFile = "owner.lock";

    internal const string OperationLockFile = "operation.lock";
}
