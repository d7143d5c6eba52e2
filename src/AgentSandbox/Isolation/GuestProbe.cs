using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation;

/// <summary>An attempt in a sandbox with Linux in it.</summary>
internal abstract class GuestProbe : AttemptProbe<ProbeContext>
{
    /// <inheritdoc/>
    protected sealed override async Task<IsolationFinding?> BeforeAsync(ProbeContext context, CancellationToken cancellationToken) =>
        context.Payload.OutOfSight is { } reason ? await RunElsewhereAsync(context, reason, cancellationToken)
        : MissingHere(context) is { } missing ? IsolationFinding.NotApplicable(missing)
        : WhenVisible(() => HostDecides(context));

    /// <inheritdoc/>
    protected sealed override Task VerifyAsync(ProbeContext context, CancellationToken cancellationToken) => context.Canaries.VerifyAsync(cancellationToken);

    /// <inheritdoc/>
    protected sealed override string? HostRulesOut(ProbeContext context) => WhenVisible(() => HostRulesOut(context, context.Payload));

    /// <summary>What the host sees by itself and what needs no attempt, since no answer of the guest could change it; null when an attempt must decide.</summary>
    /// <param name="context">The run.</param>
    /// <returns>The finding.</returns>
    /// <exception cref="ProbeFailedException">The host can't look, for lack of rights.</exception>
    protected virtual IsolationFinding? HostDecides(ProbeContext context) => null;

    /// <inheritdoc cref="AttemptProbe{TSetting}.HostRulesOut"/>
    /// <param name="payload">What the host sees of the sandbox.</param>
    /// <exception cref="ProbeFailedException">The host can't look, for lack of rights.</exception>
    protected virtual string? HostRulesOut(PayloadView payload) => null;

    /// <summary>The same, where the fact depends on what was planted in this run.</summary>
    /// <param name="context">The run.</param>
    /// <param name="payload">What the host sees of the sandbox.</param>
    /// <exception cref="ProbeFailedException">The host can't look, for lack of rights.</exception>
    protected virtual string? HostRulesOut(ProbeContext context, PayloadView payload) => HostRulesOut(payload);

    private static T? WhenVisible<T>(Func<T?> look)
        where T : class
    {
        try
        {
            return look();
        }
        catch (ProbeFailedException)
        {
            return null; // Who is not root may not look; what the guest reports still stands, as a report.
        }
    }

    /// <summary>Says before any attempt that the question does not arise on this machine; null when it does.</summary>
    /// <param name="context">The run.</param>
    /// <returns>The reason.</returns>
    protected virtual string? MissingHere(ProbeContext context) => null;

    /// <summary>
    /// Where neither canaries nor a control on this machine mean anything, only an opening can be shown, and only one that needs no canary: the
    /// numbers and paths that belong to this machine's canaries would be a stranger's there.
    /// </summary>
    private async Task<IsolationFinding> RunElsewhereAsync(ProbeContext context, string reason, CancellationToken cancellationToken)
    {
        if (HostWatches || Secret(context) is not null)
        {
            return IsolationFinding.Inconclusive($"{reason} What is planted here for the sandbox to reach is not there.");
        }

        ProbeAnswer answer = await context.RunInSandboxAsync([Info.Id, .. Arguments(context, onHost: false)], cancellationToken);
        return answer.Outcome == ProbeOutcome.Open
            ? new(IsolationVerdict.Exposed, IsolationObserver.GuestReport, $"It works in the sandbox: {answer.Detail}.")
            : IsolationFinding.Inconclusive($"{reason} Whether the attempt would succeed outside of the sandbox there can't be tried. In the sandbox: {answer.Description}.");
    }
}
