namespace AgentSandbox.Isolation;

/// <summary>A probe that the host answers alone, by looking at a payload's process. Nothing inside the sandbox can change the answer.</summary>
internal abstract class HostProbe : IsolationProbe
{
    /// <inheritdoc/>
    public sealed override Task<IsolationFinding> RunAsync(ProbeContext context, CancellationToken cancellationToken) =>
        Task.FromResult(context.Payload.OutOfSight is { } reason ? IsolationFinding.Inconclusive(reason) : Look(context));

    /// <summary>Looks.</summary>
    /// <param name="context">The run.</param>
    /// <returns>What was seen.</returns>
    protected abstract IsolationFinding Look(ProbeContext context);
}
