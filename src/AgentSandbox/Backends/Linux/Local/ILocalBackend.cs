using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Local;

/// <summary>A backend whose sandboxes this machine's state folder keeps: it is told of each by its record.</summary>
internal interface ILocalBackend : ISandboxBackend
{
    /// <summary>Makes the sandbox's own storage and starts it. A failure leaves nothing but the record, which the caller removes.</summary>
    /// <param name="record">The sandbox's fixed data.</param>
    /// <param name="cancellationToken">Cancels and cleans up.</param>
    /// <returns>A task that completes when commands can run.</returns>
    Task StartAsync(SandboxRecord record, CancellationToken cancellationToken);

    /// <summary>Ends everything that runs; keeps the file system. Works whatever state a crash left.</summary>
    /// <param name="record">The sandbox's fixed data.</param>
    /// <param name="cancellationToken">Cancels the waiting, not the ending.</param>
    /// <returns>A task that completes when nothing runs any more.</returns>
    Task StopAsync(SandboxRecord record, CancellationToken cancellationToken);

    /// <summary>Ends everything and deletes all that the backend stored. Works whatever state a crash left.</summary>
    /// <param name="record">The sandbox's fixed data.</param>
    /// <param name="cancellationToken">Cancels the waiting, not the ending.</param>
    /// <returns>A task that completes when nothing is left.</returns>
    Task RemoveAsync(SandboxRecord record, CancellationToken cancellationToken);

    /// <summary>Looks at the sandbox as it is now. Changes nothing.</summary>
    /// <param name="record">The sandbox's fixed data.</param>
    /// <returns>State and use of resources.</returns>
    SandboxStatus Inspect(SandboxRecord record);

    /// <summary>Ends what is left running of a sandbox that failed, and keeps it failed. Can be repeated.</summary>
    /// <param name="record">The sandbox's fixed data.</param>
    void Recover(SandboxRecord record);

    /// <summary>Names the run that a running sandbox is in, so that a connection to an earlier one is not used for it. Cheap: asked before every command.</summary>
    /// <param name="record">The sandbox's fixed data.</param>
    /// <returns>The run's id, or null when it does not run.</returns>
    string? RunId(SandboxRecord record);

    /// <summary>Opens a duplex byte stream to the guest program.</summary>
    /// <param name="record">The sandbox's fixed data.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The stream, before any frame was exchanged.</returns>
    Task<Stream> ConnectAsync(SandboxRecord record, CancellationToken cancellationToken);
}
