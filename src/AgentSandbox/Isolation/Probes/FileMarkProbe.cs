using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>
/// A question that files answer: the guest makes one, empty and with a random name, in each folder where it can; the host looks for them; both
/// remove them. The same is done first in the canaries' folder on the host, where the file must be found.
/// </summary>
internal abstract class FileMarkProbe : IsolationProbe<ProbeContext>
{
    /// <summary>Folders of the sandbox in which the guest tries.</summary>
    protected abstract IReadOnlyList<string> Folders { get; }

    /// <inheritdoc/>
    protected sealed override async Task<IsolationFinding> AskAsync(ProbeContext context, CancellationToken cancellationToken)
    {
        if (context.Payload.OutOfSight is { } reason)
        {
            return IsolationFinding.Inconclusive(reason);
        }

        string name = FileMark.NewName();
        string folder = context.Canaries.Files.Folder;
        ProbeAnswer control = await context.RunOnHostAsync([Info.Id, "make", name, folder], cancellationToken);
        if (!FileMark.Remove("/", folder, name))
        {
            return IsolationFinding.Inconclusive($"The control failed: on the host itself the file does not appear ({control.Description}).");
        }

        IsolationFinding? known = Before(context);
        return known ?? await TryAsync(context, name, cancellationToken);
    }

    /// <summary>What is known before a file is made in the sandbox.</summary>
    /// <param name="context">The run.</param>
    /// <returns>The finding, when there is nothing left to be tried.</returns>
    protected virtual IsolationFinding? Before(ProbeContext context) => null;

    /// <summary>Looks for the file.</summary>
    /// <param name="context">The run.</param>
    /// <param name="name">Its name.</param>
    /// <param name="answer">What the guest says that it did: its word.</param>
    /// <returns>What was found.</returns>
    protected abstract IsolationFinding Look(ProbeContext context, string name, ProbeAnswer answer);

    /// <summary>Removes what is left on the host, where the guest may not reach it any more.</summary>
    /// <param name="context">The run.</param>
    /// <param name="name">Name of the file.</param>
    protected virtual void Remove(ProbeContext context, string name)
    {
    }

    private async Task<IsolationFinding> TryAsync(ProbeContext context, string name, CancellationToken cancellationToken)
    {
        try
        {
            ProbeAnswer answer = await context.RunInSandboxAsync([Info.Id, "make", name, .. Folders], cancellationToken);
            return answer.Outcome == ProbeOutcome.Error ? IsolationFinding.Inconclusive($"The guest could not try: {answer.Description}.") : Look(context, name, answer);
        }
        finally
        {
            Remove(context, name);
            await context.RunInSandboxAsync([Info.Id, "remove", name, .. Folders], cancellationToken);
        }
    }
}
