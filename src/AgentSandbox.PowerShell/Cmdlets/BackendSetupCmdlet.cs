using System.Management.Automation;
using AgentSandbox.Backends;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>What the cmdlets that make a backend ready share: one backend, the step said first (<c>-WhatIf</c>, <c>-Confirm</c>), progress, and how it went.</summary>
public abstract class BackendSetupCmdlet : SandboxCmdlet
{
    /// <summary>Name of the backend.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(BackendSetupCompleter))]
    public string Name { get; set; } = "";

    /// <summary>Says what would be done; null when nothing is to be done.</summary>
    private protected abstract BackendSetupStep? Plan();

    /// <summary>Does it.</summary>
    private protected abstract Task<BackendSetupResult> ActAsync(IProgress<SandboxProgress> progress, CancellationToken cancellationToken);

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            BackendSetupStep? step = RunPumped((_, _) => Task.FromResult(Plan()));
            if (step is null)
            {
                WriteWarning($"Nothing is to be done for the backend {Name}.");
                return;
            }

            if (!ShouldProcess(Name, $"{step.Description.TrimEnd('.')}{(step.NeedsElevation ? ", with an administrator's rights" : "")}: {step.CommandLine}"))
            {
                return;
            }

            BackendSetupResult result = RunPumped((pump, token) => CreationProgress.RunAsync(pump, progress => ActAsync(progress, token)));
            if (result.RestartRequired)
            {
                WriteWarning($"Restart Windows before the backend {result.Backend} is used.");
            }

            WriteObject(result);
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e, Name);
        }
    }
}
