using AgentSandbox.Isolation;

namespace AgentSandbox.PowerShell.Completion;

/// <summary>Offers the ids of the isolation probes.</summary>
public sealed class ProbeCompleter : LocalCompleter
{
    private protected override IEnumerable<string> Names() => IsolationTester.Catalogue.Select(probe => probe.Id);
}
