using System.Management.Automation;
using AgentSandbox.Isolation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Isolation;

/// <summary>The parameters that say which probes run, shared by the cmdlets that measure.</summary>
public abstract class ProbeSelectionCmdlet : SandboxCmdlet
{
    /// <summary>Ids of probes, wildcards allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProbeCompleter))]
    public string[]? Probe { get; set; }

    /// <summary>Only probes of these categories.</summary>
    [Parameter]
    public IsolationCategory[]? Category { get; set; }

    /// <summary>Only probes of these severities.</summary>
    [Parameter]
    public IsolationSeverity[]? Severity { get; set; }

    /// <summary>How many sandboxes are tested at a time.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    public int ThrottleLimit { get; set; } = Math.Min(Environment.ProcessorCount, 8);

    /// <summary>Selects the probes, or ends the cmdlet.</summary>
    /// <param name="require">Ids or patterns that are required.</param>
    private protected IsolationSelection SelectProbes(string[]? require)
    {
        try
        {
            return IsolationSelection.Create(Probe, Category, Severity, require, Matches);
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
            throw;
        }
    }

    private static bool Matches(string pattern, string id) => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant).IsMatch(id);
}
