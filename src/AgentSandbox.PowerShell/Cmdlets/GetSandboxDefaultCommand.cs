using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Lists the user's defaults.</summary>
[Cmdlet(VerbsCommon.Get, "SandboxDefault")]
[OutputType(typeof(SandboxDefault))]
public sealed class GetSandboxDefaultCommand : SandboxCmdlet
{
    /// <summary>Names, wildcards allowed.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DefaultNameCompleter))]
    public string[] Name { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            SandboxDefaults defaults = SandboxDefaults.Read();
            WriteVerbose(defaults.FilePath is null ? "This user has no folder for settings, and so no defaults." : $"The defaults are in {defaults.FilePath}.");
            WildcardPattern[] patterns = [.. Name.Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase))];
            foreach (SandboxDefault setting in SandboxDefault.Of(defaults).Where(setting => patterns.Any(pattern => pattern.IsMatch(setting.Name))))
            {
                WriteObject(setting);
            }
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
        }
    }
}
