namespace AgentSandbox.Isolation;

/// <summary>Runs the guest's half of a probe and returns all of its standard output.</summary>
/// <param name="arguments">Arguments after the verb <c>probe</c>.</param>
/// <param name="cancellationToken">Ends it.</param>
/// <returns>At most <see cref="ProbeAnswer.MaxBytes"/> bytes.</returns>
internal delegate Task<byte[]> ProbeRunner(IReadOnlyList<string> arguments, CancellationToken cancellationToken);

/// <summary>What the probes of any run have at hand.</summary>
internal abstract class ProbeSetting
{
    /// <summary>The specification under test, with all defaults filled in.</summary>
    public required SandboxSpecification Specification { get; init; }

    /// <summary>What the backend does when nothing is asked of it: an opening that it always has, nobody asked for.</summary>
    public required SandboxSpecification Defaults { get; init; }

    /// <summary>Runs in the sandbox.</summary>
    public required ProbeRunner Sandbox { get; init; }

    /// <summary>Runs on the host, as the control.</summary>
    public required ProbeRunner Host { get; init; }

    /// <summary>Makes an attempt in the sandbox.</summary>
    /// <param name="arguments">Id of the probe and its arguments.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The guest's answer.</returns>
    public async Task<ProbeAnswer> RunInSandboxAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        ProbeAnswer.Parse(await Sandbox(arguments, cancellationToken));

    /// <summary>Makes the same attempt on the host.</summary>
    /// <param name="arguments">Id of the probe and its arguments.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The answer.</returns>
    public async Task<ProbeAnswer> RunOnHostAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) =>
        ProbeAnswer.Parse(await Host(arguments, cancellationToken));
}

/// <summary>Names the kind of sandbox that a setting is about.</summary>
internal interface IProbeKind
{
    /// <summary>The kind, in the middle of a sentence.</summary>
    static abstract string Kind { get; }
}
