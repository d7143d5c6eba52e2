namespace AgentSandbox.PowerShell.Completion;

/// <summary>Offers the names of the backends that this product can make ready.</summary>
public sealed class BackendSetupCompleter : LocalCompleter
{
    private protected override IEnumerable<string> Names() => SandboxManager.BackendNamesWithSetup;
}
