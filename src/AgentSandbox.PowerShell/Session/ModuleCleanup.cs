using System.Management.Automation;

namespace AgentSandbox.PowerShell.Session;

/// <summary>Closes the connections to sandboxes when the module is removed. PowerShell finds this class by its interface.</summary>
public sealed class ModuleCleanup : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo) => SharedManager.Close();
}
