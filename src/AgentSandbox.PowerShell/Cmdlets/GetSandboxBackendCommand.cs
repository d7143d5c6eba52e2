using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Says which backends this machine has, what each isolates, and what a missing one needs.</summary>
[Cmdlet(VerbsCommon.Get, "SandboxBackend")]
[OutputType(typeof(BackendInfo))]
public sealed class GetSandboxBackendCommand : SandboxCmdlet
{
    /// <summary>Names, wildcards allowed.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BackendCompleter))]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            IReadOnlyList<BackendInfo> all = RunPumped((_, _) => Task.FromResult(Manager.GetBackends()));
            WriteObject(Wildcards.Pick(all, backend => backend.Name, Name, Missing), enumerateCollection: true);
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
        }
    }

    private void Missing(string name) => WriteSandboxError(
        new SandboxException(SandboxErrorId.UnknownBackend, $"There is no backend '{name}'.", "Get-SandboxBackend lists those that there are.", name));
}
