using AgentSandbox.Backends;
using AgentSandbox.Checkpoints;

namespace AgentSandbox;

public sealed partial class SandboxManager
{
    /// <summary>Keeps a sandbox's own files as they are now under a name. A running one is held while they are copied, and runs on.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="name">Name of the checkpoint; the rules are those of sandboxes' names.</param>
    /// <param name="replace">One of that name is replaced, in one step when the new one is complete.</param>
    /// <param name="progress">Told how far a long copy is.</param>
    /// <param name="cancellationToken">Cancels; nothing is left of it then.</param>
    /// <returns>The checkpoint.</returns>
    /// <exception cref="SandboxException">It could not be taken; nothing is left of it, and a running sandbox runs on.</exception>
    public async Task<SandboxCheckpoint> CheckpointAsync(string id, string name, bool replace = false, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        SandboxName.Validate(name);
        return await (await KeeperAsync(id, cancellationToken)).CheckpointAsync(id, name, replace, progress, cancellationToken);
    }

    /// <summary>Lists a sandbox's checkpoints.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The checkpoints, the oldest first; none where the backend keeps none.</returns>
    public async Task<IReadOnlyList<SandboxCheckpoint>> GetCheckpointsAsync(string id, CancellationToken cancellationToken = default) =>
        await OwnerAsync(id, cancellationToken) is ICheckpointKeeper keeper ? await keeper.CheckpointsAsync(id, cancellationToken) : [];

    /// <summary>Puts a sandbox's own files back to what they were at a checkpoint, in one step. What was written since is lost; the checkpoint stays.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="name">The checkpoint's name.</param>
    /// <param name="force">A running sandbox is stopped for it and started again; else that is an error.</param>
    /// <param name="progress">Told how far a long copy is.</param>
    /// <param name="cancellationToken">Cancels for as long as nothing has changed.</param>
    /// <returns>The sandbox: running when it ran before, else stopped.</returns>
    /// <exception cref="SandboxException">The files are as they were before; or, with <see cref="SandboxErrorId.StartFailed"/>, restored and the sandbox stopped.</exception>
    public async Task<Sandbox> RestoreAsync(string id, string name, bool force = false, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default) =>
        await (await KeeperAsync(id, cancellationToken)).RestoreAsync(id, name, force, progress, cancellationToken);

    /// <summary>Deletes a checkpoint. The sandbox stays as it is.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="name">The checkpoint's name.</param>
    /// <param name="cancellationToken">Cancels the waiting for another process that is at the sandbox.</param>
    /// <returns>A task that completes when it is gone.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.CheckpointNotFound"/>.</exception>
    public async Task RemoveCheckpointAsync(string id, string name, CancellationToken cancellationToken = default) =>
        await (await KeeperAsync(id, cancellationToken)).RemoveCheckpointAsync(id, name, cancellationToken);

    /// <summary>Makes a new sandbox with the same specification and a copy of another's own files, and starts it. Checkpoints, processes and what is in memory are not copied.</summary>
    /// <param name="id">Id of the one to copy; it may run, and is held while its files are copied.</param>
    /// <param name="newName">Name of the new one; made up when null.</param>
    /// <param name="progress">Told how far a long copy is.</param>
    /// <param name="cancellationToken">Cancels, and removes what there was of it.</param>
    /// <returns>The new sandbox, running.</returns>
    /// <exception cref="SandboxException">It could not be made; nothing is left of it.</exception>
    public async Task<Sandbox> CloneAsync(string id, string? newName = null, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ICheckpointKeeper keeper = await KeeperAsync(id, cancellationToken);
        SandboxSpecification specification = Resolve(Get(id).Specification with { Name = newName });
        return await keeper.CloneAsync(id, specification, progress, cancellationToken);
    }

    private async ValueTask<ICheckpointKeeper> KeeperAsync(string id, CancellationToken cancellationToken)
    {
        ISandboxProvider owner = await OwnerAsync(id, cancellationToken);
        return owner as ICheckpointKeeper ?? throw new SandboxException(
            SandboxErrorId.CheckpointNotSupported,
            $"The file systems of {string.Join(" and ", owner.Backends.Select(b => b.Name))} sandboxes can't be copied or kept by this product.",
            "Use another backend; or copy what matters out and in with Copy-SandboxItem.",
            id);
    }
}
