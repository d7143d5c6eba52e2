using System.Management.Automation;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Ends everything in sandboxes and deletes all there is of them.</summary>
[Cmdlet(VerbsCommon.Remove, "AgentSandbox", DefaultParameterSetName = "InputObject", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(void))]
public sealed class RemoveAgentSandboxCommand : SandboxSelectionCmdlet
{
    /// <summary>Ask nothing, and take one that is gone already for removed.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Act(Sandbox sandbox)
    {
        // -WhatIf wins over -Force: it must never change anything.
        bool whatIf = MyInvocation.BoundParameters.TryGetValue("WhatIf", out object? value) && value is SwitchParameter { IsPresent: true };
        if ((!Force || whatIf || WhatIfPreferred()) && !ShouldProcess(sandbox.Name, "Remove sandbox and everything in it"))
        {
            return;
        }

        try
        {
            RunPumped((_, token) => Manager.RemoveAsync(sandbox.Id, token));
        }
        catch (SandboxException e) when (Force && e.ErrorId == SandboxErrorId.SandboxNotFound)
        {
            WriteVerbose($"Sandbox {sandbox.Name} was gone already.");
        }
    }

    private protected override void OnMissing(string nameOrId)
    {
        if (Force)
        {
            WriteVerbose($"There is no sandbox '{nameOrId}'.");
            return;
        }

        base.OnMissing(nameOrId);
    }

    private bool WhatIfPreferred() => LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));
}
