namespace AgentSandbox.Backends.Docker.Containers;

/// <summary>What is fixed about a sandbox of a container engine; a label of its container.</summary>
internal sealed record ContainerRecord
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Backend, limits and so on, with all defaults filled in.</summary>
    public required SandboxSpecification Specification { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it will be removed.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>It ends with the process that made it, and its engine then deletes it.</summary>
    public bool ThrowAway { get; init; }

    /// <summary>User of every command, as the engine takes it: the specification's, or the default.</summary>
    public string User { get; init; } = "";

    /// <summary>Variables of every command: the image's, then the specification's.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Home of that user where the image has no entry for it; else null.</summary>
    public string? Home { get; init; }

    /// <summary>Folder that commands start in; null is the user's home.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>The process that creates it.</summary>
    public Creator? Creator { get; init; }

    /// <summary>Random, so that a creation that was cut short finds its own container and no other.</summary>
    public string Nonce { get; init; } = "";

    /// <summary>The sandbox's id, where this container took the place of the one that the id was made of; else null.</summary>
    public string? SandboxId { get; init; }

    /// <summary>What its user should know.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];
}
