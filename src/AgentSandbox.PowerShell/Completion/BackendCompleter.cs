using AgentSandbox.PowerShell.Session;

namespace AgentSandbox.PowerShell.Completion;

/// <summary>Offers the names of the backends, those that are not available here too: the error then says what is missing.</summary>
public sealed class BackendCompleter : LocalCompleter
{
    private protected override IEnumerable<string> Names() =>
        SharedManager.Current.GetBackends().Select(backend => backend.Name).Prepend(SandboxSpecification.AutoBackend);
}
