using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Cmdlets that do one thing to each of several background processes. One that fails is reported, and the next one is done.</summary>
public abstract class SandboxProcessCmdlet : SandboxCmdlet
{
    private protected const string ByObject = "InputObject";
    private const string ById = "Id";

    /// <summary>Processes.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByObject, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public SandboxProcess[] InputObject { get; set; } = [];

    /// <summary>The sandbox that they are in: object, name or id.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ById, ValueFromPipelineByPropertyName = true)]
    [Alias("SandboxId", "SandboxName")]
    [ArgumentCompleter(typeof(SandboxNameCompleter))]
    [ValidateNotNull]
    public SandboxReference? Sandbox { get; set; }

    /// <summary>Their numbers.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = ById, ValueFromPipelineByPropertyName = true)]
    [ValidateRange(1, int.MaxValue)]
    public int[] Id { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ByObject)
        {
            foreach (SandboxProcess process in InputObject)
            {
                Try(() => process);
            }

            return;
        }

        Sandbox sandbox;
        try
        {
            sandbox = RunPumped((_, _) => Task.FromResult(Sandbox!.Look(Manager)));
        }
        catch (SandboxException e)
        {
            WriteSandboxError(e, Sandbox);
            return;
        }

        foreach (int id in Id)
        {
            Try(() => Manager.GetProcess(sandbox, id));
        }
    }

    /// <summary>Does it to one process.</summary>
    private protected abstract void Act(SandboxProcess process);

    private void Try(Func<SandboxProcess> find)
    {
        SandboxProcess? process = null;
        try
        {
            process = find();
            Act(process);
        }
        catch (SandboxException e)
        {
            WriteSandboxError(e, process?.Id);
        }
    }
}
