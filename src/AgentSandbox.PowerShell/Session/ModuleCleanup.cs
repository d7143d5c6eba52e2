using System.Management.Automation;

namespace AgentSandbox.PowerShell.Session;

/// <summary>Ends the jobs and closes the connections to sandboxes when the module is removed. PowerShell finds this class by its interface.</summary>
public sealed class ModuleCleanup : IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        Jobs.RunningJobs.StopAll();
        Processes.ReceivedOutput.Clear();
        SharedManager.Close();
    }
}
