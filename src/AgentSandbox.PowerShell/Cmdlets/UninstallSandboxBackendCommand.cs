using System.Management.Automation;
using AgentSandbox.Backends;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Takes away what Install-SandboxBackend put in place, with every sandbox in it.</summary>
[Cmdlet(VerbsLifecycle.Uninstall, "SandboxBackend", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(BackendSetupResult))]
public sealed class UninstallSandboxBackendCommand : BackendSetupCmdlet
{
    private protected override BackendSetupStep? Plan() => Manager.PlanUninstallBackend(Name);

    private protected override Task<BackendSetupResult> ActAsync(IProgress<SandboxProgress> progress, CancellationToken cancellationToken) =>
        Manager.UninstallBackendAsync(Name, progress, cancellationToken);
}
