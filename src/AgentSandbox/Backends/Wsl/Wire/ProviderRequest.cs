namespace AgentSandbox.Backends.Wsl.Wire;

/// <summary>What the host asks of <c>agentsandbox provider VERB</c> in the distribution: one line of JSON on its standard input. Each verb takes what it needs.</summary>
internal sealed record ProviderRequest
{
    /// <summary>Version of the host's library. The distribution's program answers a request of its own version only.</summary>
    public required string Version { get; init; }

    /// <summary>Id of a sandbox.</summary>
    public string? Id { get; init; }

    /// <summary>Name or id of a sandbox, as a user gave it.</summary>
    public string? NameOrId { get; init; }

    /// <summary>What a sandbox shall be; paths are those of the distribution.</summary>
    public SandboxSpecification? Specification { get; init; }

    /// <summary>The sandbox ends with this request's standard input.</summary>
    public bool ThrowAway { get; init; }

    /// <summary>Mounts, by their place in the specification, whose content follows the request: their sources are on Windows.</summary>
    public IReadOnlyList<int>? CopiedMounts { get; init; }

    /// <summary>Name of a checkpoint.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Name of a copied sandbox; made up when null.</summary>
    public string? NewName { get; init; }

    /// <summary>A checkpoint of that name is replaced; a sandbox that runs is stopped for its restoring, and started again; a background process is ended at once.</summary>
    public bool Force { get; init; }

    /// <summary>What is to be run in the background.</summary>
    public Processes.HolderRequest? Process { get; init; }

    /// <summary>Number of a background process.</summary>
    public int? ProcessId { get; init; }

    /// <summary>Where in a background process's output to begin.</summary>
    public long Position { get; init; }

    /// <summary>Name that isolation results carry.</summary>
    public string? Subject { get; init; }

    /// <summary>Ids of the isolation probes to run; all when null.</summary>
    public IReadOnlyList<string>? Probes { get; init; }
}
