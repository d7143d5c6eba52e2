using AgentSandbox.Isolation;

namespace AgentSandbox.Backends.Wsl.Wire;

/// <summary>
/// One line of what <c>agentsandbox provider VERB</c> answers on its standard output. A verb writes any number of lines, and then one with
/// <see cref="End"/>, which also carries an error when there was one. What is not there was not said. The exit status of the process means nothing.
/// </summary>
internal sealed record ProviderLine
{
    /// <summary>The last line; without one the answer was cut short.</summary>
    public bool End { get; init; }

    /// <summary>How far a long step is.</summary>
    public SandboxProgress? Progress { get; init; }

    /// <summary>A sandbox as it is now. <c>list</c> writes a line for each.</summary>
    public Sandbox? Sandbox { get; init; }

    /// <summary>A checkpoint. <c>checkpoints</c> writes a line for each.</summary>
    public SandboxCheckpoint? Checkpoint { get; init; }

    /// <summary>A background process. <c>list-processes</c> writes a line for each.</summary>
    public SandboxProcess? Process { get; init; }

    /// <summary>A piece of a background process's output.</summary>
    public ProcessOutput? Output { get; init; }

    /// <summary>After the pieces: where the next one begins.</summary>
    public long? Position { get; init; }

    /// <summary>With <see cref="Position"/>: bytes that were dropped before the first piece.</summary>
    public long Dropped { get; init; }

    /// <summary>What one isolation probe found.</summary>
    public IsolationResult? Isolation { get; init; }

    /// <summary>One thing that was checked about the distribution.</summary>
    public ProviderCheck? Check { get; init; }

    /// <summary>With <see cref="End"/>: what went wrong.</summary>
    public ProviderError? Error { get; init; }

    /// <summary>With <see cref="End"/>: the program is of this other version, and has done nothing.</summary>
    public string? OtherVersion { get; init; }

    /// <summary>A sandbox lives, and no <c>provider hold</c> keeps the distribution from its idle shutdown.</summary>
    public bool NeedsHold { get; init; }
}

/// <summary>A <see cref="SandboxException"/> on its way.</summary>
internal sealed record ProviderError
{
    /// <summary>One of <see cref="SandboxErrorId"/>.</summary>
    public required string ErrorId { get; init; }

    /// <summary>What happened.</summary>
    public required string Message { get; init; }

    /// <summary>What to do.</summary>
    public required string RecommendedAction { get; init; }

    /// <summary>All that is wrong with a specification.</summary>
    public IReadOnlyList<SpecificationProblem>? Problems { get; init; }

    /// <summary>Packs an error.</summary>
    /// <param name="e">The error.</param>
    /// <returns>The packed error.</returns>
    public static ProviderError Of(SandboxException e) => new()
    {
        ErrorId = e.ErrorId,
        Message = e.Message,
        RecommendedAction = e.RecommendedAction,
        Problems = e.Problems.Count > 0 ? e.Problems : null,
    };
}

/// <summary>One thing that was checked about the distribution.</summary>
/// <param name="Name">What was checked, such as <c>drvfs</c>.</param>
/// <param name="Passed">It is as it should be.</param>
/// <param name="Evidence">What was seen.</param>
/// <param name="RecommendedAction">What to do when it did not pass.</param>
internal sealed record ProviderCheck(string Name, bool Passed, string Evidence, string? RecommendedAction = null);
