namespace AgentSandbox.PowerShell.Completion;

/// <summary>Offers the names of what can have a default.</summary>
public sealed class DefaultNameCompleter : LocalCompleter
{
    private protected override IEnumerable<string> Names() => SandboxDefaults.AllNames;
}
