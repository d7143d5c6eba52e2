using AgentSandbox.Isolation;

namespace AgentSandbox.Backends.Wsl.Provider;

/// <summary>Holds a distribution to an answer for each probe that it was asked, in order, and none beside: a missing one would look like nothing exposed.</summary>
/// <param name="subject">The name that the results shall carry.</param>
/// <param name="probeIds">Ids of the probes, in the catalogue's order.</param>
internal sealed class ExpectedResults(string subject, IReadOnlyList<string> probeIds)
{
    private int _seen;

    /// <summary>Takes the next one over.</summary>
    /// <param name="found">What the distribution said.</param>
    /// <returns>The result.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>.</exception>
    public IsolationResult Take(IsolationResult found)
    {
        IsolationResult result = ProviderAnswers.Accept(found, subject);
        return _seen < probeIds.Count && result.Id == probeIds[_seen++] ? result : throw ProviderAnswers.Violation("it answers another probe than the next one.");
    }

    /// <summary>Says that no more will come.</summary>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>.</exception>
    public void End()
    {
        if (_seen < probeIds.Count)
        {
            throw ProviderAnswers.Violation($"it left out {probeIds[_seen]}.");
        }
    }
}
