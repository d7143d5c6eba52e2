namespace AgentSandbox.Isolation;

/// <summary>
/// A probe that tries something from inside. The same attempt is made on the host first and must succeed there (else the attempt proves nothing), the
/// guest tests its own mechanism, and the canaries are checked afterwards. One control that fails makes the verdict inconclusive.
/// </summary>
/// <typeparam name="TSetting">What its runs have at hand.</typeparam>
internal abstract class AttemptProbe<TSetting> : IsolationProbe<TSetting>
    where TSetting : ProbeSetting, IProbeKind
{
    /// <summary>Whether the host can see a successful attempt by itself; then the guest's word for one counts for nothing.</summary>
    protected virtual bool HostWatches => false;

    /// <inheritdoc/>
    protected sealed override async Task<IsolationFinding> AskAsync(TSetting context, CancellationToken cancellationToken)
    {
        if (await BeforeAsync(context, cancellationToken) is { } already)
        {
            return already;
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
        await VerifyAsync(context, cancellationToken);
        return Judge(context, answer, saw, secret);
    }

    /// <summary>What is known before anything is tried.</summary>
    /// <param name="context">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The finding, when there is nothing left to be tried.</returns>
    protected abstract Task<IsolationFinding?> BeforeAsync(TSetting context, CancellationToken cancellationToken);

    /// <summary>Checks that what was planted on the host is still there: what is gone makes everything look isolated.</summary>
    /// <param name="context">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when all of it has answered.</returns>
    /// <exception cref="ProbeFailedException">Something has not.</exception>
    protected abstract Task VerifyAsync(TSetting context, CancellationToken cancellationToken);

    /// <summary>A fact that the host sees and that alone rules the opening out, whatever the guest says; null when there is none.</summary>
    /// <param name="context">The run.</param>
    /// <returns>The fact, as a sentence.</returns>
    protected abstract string? HostRulesOut(TSetting context);

    /// <summary>What the evidence of an isolated verdict begins with; empty for nothing.</summary>
    /// <param name="context">The run.</param>
    /// <returns>A sentence with a space behind it.</returns>
    protected virtual string Preface(TSetting context) => "";

    /// <summary>Arguments of the guest's half.</summary>
    /// <param name="context">The run.</param>
    /// <param name="onHost">It runs as the control on the host, where it may use the canaries' folder only.</param>
    /// <returns>The arguments after the id.</returns>
    protected abstract IReadOnlyList<string> Arguments(TSetting context, bool onHost);

    /// <summary>The secret that only the opening gives; null when there is none to give.</summary>
    /// <param name="context">The run.</param>
    /// <returns>The secret.</returns>
    protected virtual string? Secret(TSetting context) => null;

    /// <summary>Makes the attempt while the host watches.</summary>
    /// <param name="context">The run.</param>
    /// <param name="attempt">The attempt.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The guest's answer, and whether the host saw the attempt succeed.</returns>
    protected virtual async Task<(ProbeAnswer Answer, bool Saw)> ObserveAsync(TSetting context, Func<Task<ProbeAnswer>> attempt, CancellationToken cancellationToken) => (await attempt(), false);

    /// <summary>Says that the question does not arise because this host lacks what it is about; null when a failed baseline is a failed control.</summary>
    /// <param name="context">The run.</param>
    /// <param name="baseline">The answer on the host.</param>
    /// <returns>The reason.</returns>
    protected virtual string? AbsentOnHost(TSetting context, ProbeAnswer baseline) => null;

    private IsolationFinding Judge(TSetting context, ProbeAnswer answer, bool saw, string? secret)
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
            return IsolationFinding.Inconclusive($"{Preface(context)}The control in the sandbox failed ({answer.Description}).");
        }

        return HostRulesOut(context) is { } fact
            ? new(IsolationVerdict.Isolated, IsolationObserver.Host, $"{fact} In the sandbox: {answer.Description}.")
            : new(IsolationVerdict.Isolated, IsolationObserver.GuestReport, $"{Preface(context)}{answer.Description}.");
    }
}
