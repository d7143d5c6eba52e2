using AgentSandbox.Copying;
using AgentSandbox.Isolation;

namespace AgentSandbox.Backends;

/// <summary>
/// A place that keeps sandboxes, and knows which there are: this machine's state folder, or a container engine. Several backends share one.
/// Thread-safe.
/// </summary>
internal interface ISandboxProvider : IAsyncDisposable
{
    /// <summary>The backends whose sandboxes it keeps, strongest first.</summary>
    IReadOnlyList<ISandboxBackend> Backends { get; }

    /// <summary>Finds what is wrong with the image that a specification names, and its exact name.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <param name="problems">Receives the problems.</param>
    /// <returns>The specification with the image's exact name.</returns>
    SandboxSpecification ResolveImage(SandboxSpecification specification, ICollection<SpecificationProblem> problems);

    /// <summary>Creates and starts a sandbox.</summary>
    /// <param name="specification">Valid, with all defaults.</param>
    /// <param name="throwAway">It ends with this process, however that ends.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels, and removes what there was of it.</param>
    /// <returns>The running sandbox.</returns>
    Task<Sandbox> CreateAsync(SandboxSpecification specification, bool throwAway, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Looks at all sandboxes that are here. Repairs what a killed process left.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The sandboxes.</returns>
    /// <exception cref="SandboxException">The place can't be looked at.</exception>
    Task<IReadOnlyList<Sandbox>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Looks at one sandbox.</summary>
    /// <param name="nameOrId">Its name (without regard to case) or id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The sandbox, or null when it is not here.</returns>
    /// <exception cref="SandboxException">The place can't be looked at.</exception>
    Task<Sandbox?> TryGetAsync(string nameOrId, CancellationToken cancellationToken);

    /// <summary>Tells whether a sandbox is kept here. Cheap: asked before every command.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>True when it is.</returns>
    /// <exception cref="SandboxException">The place can't be looked at.</exception>
    ValueTask<bool> HasAsync(string id, CancellationToken cancellationToken);

    /// <inheritdoc cref="SandboxManager.StartAsync"/>
    Task<Sandbox> StartAsync(string id, CancellationToken cancellationToken);

    /// <inheritdoc cref="SandboxManager.StopAsync"/>
    Task<Sandbox> StopAsync(string id, CancellationToken cancellationToken);

    /// <inheritdoc cref="SandboxManager.RemoveAsync"/>
    Task RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Starts a command in a running sandbox.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="command">A valid command; what it leaves open is the sandbox's.</param>
    /// <param name="cancellationToken">Cancels the start, not the command.</param>
    /// <returns>The running command.</returns>
    Task<SandboxCommand> StartCommandAsync(string id, CommandSpecification command, CancellationToken cancellationToken);

    /// <summary>Finds who copies files, where it is not the guest program.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="user">User in the sandbox; null is the sandbox's own.</param>
    /// <param name="progress">Told how far a copy is.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Who copies; null when it is the guest.</returns>
    Task<ISandboxCopier?> TryGetCopierAsync(string id, string? user, IProgress<CopyProgress>? progress, CancellationToken cancellationToken) => Task.FromResult<ISandboxCopier?>(null);

    /// <summary>
    /// Measures what a specification isolates on the machine where the sandboxes run, when that is not this one but has this product too: nothing that this one sees or
    /// plants says anything about sandboxes there.
    /// </summary>
    /// <param name="subject">Name that the results carry.</param>
    /// <param name="specification">The sibling's, with all defaults.</param>
    /// <param name="probeIds">Ids of the probes to run; all when null.</param>
    /// <param name="cancellationToken">Cancels and removes the sibling.</param>
    /// <returns>The results as they come; null when this machine can measure by itself.</returns>
    IAsyncEnumerable<IsolationResult>? TryTest(string subject, SandboxSpecification specification, IReadOnlyCollection<string>? probeIds, CancellationToken cancellationToken) => null;

    /// <summary>The configuration that a sandbox was started with, where the operating system was given one for it.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <returns>The text, exactly as it was given; null when there is none on record.</returns>
    string? TryReadConfiguration(string id) => null;
}
