namespace AgentSandbox.State;

/// <summary>What is fixed about a sandbox from its creation on; stored as <c>sandbox.json</c> in its folder.</summary>
public sealed record SandboxRecord
{
    /// <summary>12 hexadecimal digits.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Backend, limits and so on, with all defaults filled in.</summary>
    public required SandboxSpecification Specification { get; init; }

    /// <summary>When it was created.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it will be removed.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>The sandbox is removed when the process that made it ends, however that ends.</summary>
    public bool ThrowAway { get; init; }

    /// <summary>First host uid and gid of the 65536 that are this sandbox's own; no two sandboxes share one.</summary>
    public uint IdBase { get; init; }

    /// <summary>First of the 65536 ids as its disk has them, where those are not its own: those of the sandbox that it is a copy of. Null is <see cref="IdBase"/>.</summary>
    public uint? DiskIdBase { get; init; }
}
