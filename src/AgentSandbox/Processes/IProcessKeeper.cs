namespace AgentSandbox.Processes;

/// <summary>A place that holds the background processes of its sandboxes itself, because this machine can't. Thread-safe.</summary>
internal interface IProcessKeeper
{
    /// <summary>Tells whether it holds those of a sandbox. Asks nobody.</summary>
    /// <param name="sandboxId">The sandbox's id.</param>
    bool HoldsProcessesOf(string sandboxId);

    /// <inheritdoc cref="SandboxManager.StartProcessAsync"/>
    Task<SandboxProcess> StartProcessAsync(Sandbox sandbox, HolderRequest request, CancellationToken cancellationToken);

    /// <summary>Looks at the processes of a sandbox.</summary>
    /// <param name="sandboxId">The sandbox's id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The processes, by number; none when the sandbox is gone.</returns>
    Task<IReadOnlyList<SandboxProcess>> ListProcessesAsync(string sandboxId, CancellationToken cancellationToken);

    /// <summary>Looks at one process.</summary>
    /// <param name="sandboxId">The sandbox's id.</param>
    /// <param name="process">Its number.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The process; null when there is none.</returns>
    Task<SandboxProcess?> TryGetProcessAsync(string sandboxId, int process, CancellationToken cancellationToken);

    /// <inheritdoc cref="SandboxManager.WaitProcessAsync"/>
    Task<SandboxProcess> WaitProcessAsync(SandboxProcess process, CancellationToken cancellationToken);

    /// <inheritdoc cref="SandboxManager.StopProcessAsync"/>
    Task<SandboxProcess> StopProcessAsync(SandboxProcess process, bool force, CancellationToken cancellationToken);

    /// <summary>Reads what is kept of a process's output.</summary>
    /// <param name="process">The process.</param>
    /// <param name="position">Where to begin.</param>
    /// <returns>What there is, or the beginning of it.</returns>
    OutputPart ReadOutput(SandboxProcess process, long position);
}

/// <summary>A part of a process's output.</summary>
/// <param name="Pieces">The pieces, in the order in which they were written.</param>
/// <param name="Position">Where the next part begins; where this one was asked for when there is nothing yet.</param>
/// <param name="Dropped">Bytes before it that were dropped since the position that was asked for.</param>
internal sealed record OutputPart(IReadOnlyList<ProcessOutput> Pieces, long Position, long Dropped);
