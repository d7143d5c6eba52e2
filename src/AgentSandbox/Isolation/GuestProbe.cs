using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation;

/// <summary>
/// A probe that tries something from inside. The same attempt is made on the host first and must succeed there (else the attempt proves nothing), the
/// guest tests its own mechanism, and the canaries are checked afterwards. One control that fails makes the verdict inconclusive.
/// </summary>
internal abstract class GuestProbe : IsolationProbe<ProbeContext>
{
    /// <summary>Whether the host can see a successful attempt by itself; then the guest's word for one counts for nothing.</summary>
    protected virtual bool HostWatches => false;

    /// <inheritdoc/>
    protected sealed override async Task<IsolationFinding> AskAsync(ProbeContext context, CancellationToken cancellationToken)
    {
        if (context.Payload.OutOfSight is { } reason)
        {
            return await RunElsewhereAsync(context, reason, cancellationToken);
        }

        if (MissingHere(context) is { } missing)
        {
            return IsolationFinding.NotApplicable(missing);
        }

        string[] onHost = [Info.Id, .. Arguments(context, onHost: true)];
        (ProbeAnswer baseline, bool sawBaseline) = await ObserveAsync(context, () => context.RunOnHostAsync(onHost, cancellationToken), cancellationToken);
        string? secret = Secret(context);
        if (baseline.Outcome != ProbeOutcome.Open || (secret is not null && baseline.Nonce != secret) || (HostWatches && !sawBaseline))
        {
            return AbsentOnHost(context, baseline) is { } absence
                ? IsolationFinding.NotApplicable(absence)
                : IsolationFinding.Inconclusive($"The control failed: on the host itself the attempt does not succeed ({baseline.Description}).");
        }

        string[] inSandbox = [Info.Id, .. Arguments(context, onHost: false)];
        (ProbeAnswer answer, bool saw) = await ObserveAsync(context, () => context.RunInSandboxAsync(inSandbox, cancellationToken), cancellationToken);
        await context.Canaries.VerifyAsync(cancellationToken);
        return Judge(context, answer, saw, secret);
    }

    /// <summary>Arguments of the guest's half.</summary>
    /// <param name="context">The run.</param>
    /// <param name="onHost">It runs as the control on the host, where it may use the canaries' folder only.</param>
    /// <returns>The arguments after the id.</returns>
    protected abstract IReadOnlyList<string> Arguments(ProbeContext context, bool onHost);

    /// <summary>The secret that only the opening gives; null when there is none to give.</summary>
    /// <param name="context">The run.</param>
    /// <returns>The secret.</returns>
    protected virtual string? Secret(ProbeContext context) => null;

    /// <summary>Makes the attempt while the host watches.</summary>
    /// <param name="context">The run.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The guest's answer, and whether the host saw the attempt succeed.</returns>
    protected virtual async Task<(ProbeAnswer Answer, bool Saw)> ObserveAsync(ProbeContext context, Func<Task<ProbeAnswer>> attempt, CancellationToken cancellationToken) => (await attempt(), false);

    /// <summary>Says before any attempt that the question does not arise on this machine; null when it does.</summary>
    /// <param name="context">The run.</param>
    /// <returns>The reason.</returns>
    protected virtual string? MissingHere(ProbeContext context) => null;

    /// <summary>Says that the question does not arise because this host lacks what it is about; null when a failed baseline is a failed control.</summary>
    /// <param name="context">The run.</param>
    /// <param name="baseline">The answer on the host.</param>
    /// <returns>The reason.</returns>
    protected virtual string? AbsentOnHost(ProbeContext context, ProbeAnswer baseline) => null;

    /// <summary>A fact that the host sees and that alone rules the opening out, whatever the guest says; null when there is none.</summary>
    /// <param name="payload">What the host sees of the sandbox.</param>
    /// <returns>The fact.</returns>
    /// <exception cref="ProbeFailedException">The host can't look, for lack of rights.</exception>
    protected virtual string? HostRulesOut(PayloadView payload) => null;

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

    private string? TryRuleOut(PayloadView payload)
    {
        try
        {
            return HostRulesOut(payload);
        }
        catch (ProbeFailedException)
        {
            return null; // Who is not root may not look; what the guest reports still stands, as a report.
        }
    }

    private IsolationFinding Judge(ProbeContext context, ProbeAnswer answer, bool saw, string? secret)
    {
        if (saw)
        {
            return new(IsolationVerdict.Exposed, IsolationObserver.Host, $"The host saw it happen: {answer.Detail}.");
        }

        if (secret is not null && answer.Nonce == secret)
        {
            return new(IsolationVerdict.Exposed, IsolationObserver.GuestProof, $"The sandbox returned the host's secret: {answer.Detail}.");
        }

        if (answer.Outcome == ProbeOutcome.Open)
        {
            return HostWatches || secret is not null
                ? IsolationFinding.Inconclusive($"The guest claims to have got through ({answer.Description}) but has no proof.")
                : new(IsolationVerdict.Exposed, IsolationObserver.GuestReport, $"It works in the sandbox: {answer.Detail}.");
        }

        if (answer.Outcome == ProbeOutcome.Error || !answer.SelfTest)
        {
            return IsolationFinding.Inconclusive($"The control in the sandbox failed ({answer.Description}).");
        }

        return TryRuleOut(context.Payload) is { } fact
            ? new(IsolationVerdict.Isolated, IsolationObserver.Host, $"{fact} In the sandbox: {answer.Description}.")
            : new(IsolationVerdict.Isolated, IsolationObserver.GuestReport, $"{answer.Description}.");
    }
}
