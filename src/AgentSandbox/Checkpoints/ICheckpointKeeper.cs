namespace AgentSandbox.Checkpoints;

/// <summary>A place that can copy and keep the file systems of its sandboxes. Thread-safe.</summary>
internal interface ICheckpointKeeper
{
    /// <inheritdoc cref="SandboxManager.CheckpointAsync"/>
    Task<SandboxCheckpoint> CheckpointAsync(string id, string name, bool replace, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Reads which checkpoints a sandbox has. Changes nothing.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The checkpoints, the oldest first.</returns>
    Task<IReadOnlyList<SandboxCheckpoint>> CheckpointsAsync(string id, CancellationToken cancellationToken);

    /// <inheritdoc cref="SandboxManager.RestoreAsync"/>
    Task<Sandbox> RestoreAsync(string id, string name, bool force, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken);

    /// <inheritdoc cref="SandboxManager.RemoveCheckpointAsync"/>
    Task RemoveCheckpointAsync(string id, string name, CancellationToken cancellationToken);

    /// <summary>Makes and starts a sandbox whose files are a copy of another's.</summary>
    /// <param name="id">The other's id.</param>
    /// <param name="specification">The new one's: valid, with all defaults, of the same backend and image.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels, and removes what there was of it.</param>
    /// <returns>The running copy.</returns>
    Task<Sandbox> CloneAsync(string id, SandboxSpecification specification, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken);
}
