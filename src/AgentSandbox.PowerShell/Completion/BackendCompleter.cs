namespace AgentSandbox.PowerShell.Completion;

/// <summary>Offers the names of the backends, those that are not available here too: the error then says what is missing.</summary>
public sealed class BackendCompleter : LocalCompleter
{
    private protected override IEnumerable<string> Names() => SandboxManager.BackendNames.Prepend(SandboxSpecification.AutoBackend);
}
