namespace AgentSandbox.Isolation;

/// <summary>A probe that the host answers alone, by looking at a payload's process. Nothing inside the sandbox can change the answer.</summary>
internal abstract class HostProbe : IsolationProbe<ProbeContext>
{
    /// <inheritdoc/>
    protected sealed override Task<IsolationFinding> AskAsync(ProbeContext context, CancellationToken cancellationToken) => Task.FromResult(
        context.Payload.OutOfSight is { } reason ? IsolationFinding.Inconclusive(reason)
        : MissingHere(context) is { } missing ? IsolationFinding.NotApplicable(missing)
        : Look(context));

    /// <summary>Says that the question does not arise on this machine; null when it does.</summary>
    /// <param name="context">The run.</param>
    /// <returns>The reason.</returns>
    protected virtual string? MissingHere(ProbeContext context) => null;

    /// <summary>Looks.</summary>
    /// <param name="context">The run.</param>
    /// <returns>What was seen.</returns>
    protected abstract IsolationFinding Look(ProbeContext context);
}
