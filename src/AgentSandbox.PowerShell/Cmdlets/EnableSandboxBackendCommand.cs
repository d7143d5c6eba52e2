using System.Management.Automation;
using AgentSandbox.Backends;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Switches on the feature of the operating system that a backend rests on.</summary>
[Cmdlet(VerbsLifecycle.Enable, "SandboxBackend", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(BackendSetupResult))]
public sealed class EnableSandboxBackendCommand : BackendSetupCmdlet
{
    private protected override BackendSetupStep? Plan() => Manager.PlanEnableBackend(Name);

    private protected override Task<BackendSetupResult> ActAsync(IProgress<SandboxProgress> progress, CancellationToken cancellationToken) =>
        Manager.EnableBackendAsync(Name, progress, cancellationToken);
}
