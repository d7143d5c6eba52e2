using AgentSandbox.State;

namespace AgentSandbox.Backends;

/// <summary>One way to turn a specification into a running place with the guest program inside. Adding one touches its folder and <c>BackendRegistry</c>.</summary>
public interface ISandboxBackend
{
    /// <summary>Its name, as the user writes it.</summary>
    string Name { get; }

    /// <summary>Says whether and how it works on this machine. Changes nothing.</summary>
    /// <returns>The facts.</returns>
    BackendInfo Describe();

    /// <summary>Fills in this backend's defaults.</summary>
    /// <param name="specification">What the user asked for.</param>
    /// <returns>The same with no value left open that the backend decides.</returns>
    SandboxSpecification ApplyDefaults(SandboxSpecification specification);

    /// <summary>Names what this backend can't enforce, before anything starts.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <returns>The problems; none when it can.</returns>
    IEnumerable<SpecificationProblem> Validate(SandboxSpecification specification);

    /// <summary>What a user of this specification should be told, such as that chroot is no boundary.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <returns>The warnings.</returns>
    IReadOnlyList<string> Warnings(SandboxSpecification specification);

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

/// <summary>A sandbox's state and use of resources at one moment.</summary>
/// <param name="State">Its state.</param>
/// <param name="Reason">Why, when it failed.</param>
/// <param name="ProcessId">Host's id of its first process.</param>
/// <param name="MemoryUsage">Bytes.</param>
/// <param name="CpuTime">Since the last start.</param>
/// <param name="ProcessCount">Processes in it.</param>
/// <param name="NeedsRecovery">It failed in a way that may have left processes: <see cref="ISandboxBackend.Recover"/> is due.</param>
public sealed record SandboxStatus(SandboxState State, string? Reason = null, int? ProcessId = null, long? MemoryUsage = null, TimeSpan? CpuTime = null, int? ProcessCount = null, bool NeedsRecovery = false);
