using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Lists the checkpoints of sandboxes.</summary>
[Cmdlet(VerbsCommon.Get, "SandboxCheckpoint", DefaultParameterSetName = "Name")]
[OutputType(typeof(SandboxCheckpoint))]
public sealed class GetSandboxCheckpointCommand : SandboxCmdlet
{
    /// <summary>Names of sandboxes, wildcards allowed; all when there are none.</summary>
    [Parameter(Position = 0, ParameterSetName = "Name", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SandboxNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Sandboxes.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "InputObject", ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public Sandbox[] InputObject { get; set; } = [];

    /// <summary>Names of checkpoints, wildcards allowed.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(CheckpointNameCompleter))]
    public string[]? CheckpointName { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (Sandbox sandbox in Select())
        {
            try
            {
                IReadOnlyList<SandboxCheckpoint> all = RunPumped((_, token) => Manager.GetCheckpointsAsync(sandbox.Id, token));
                // Of one sandbox a name that is not there is an error; of many, those that have it are meant.
                WriteObject(Wildcards.Pick(all, c => c.Name, CheckpointName, name => Missing(sandbox, name)), enumerateCollection: true);
            }
            catch (SandboxException e)
            {
                WriteSandboxError(e, sandbox.Name);
            }
        }
    }

    private void Missing(Sandbox sandbox, string name)
    {
        if (Name is [var only] && !WildcardPattern.ContainsWildcardCharacters(only))
        {
            WriteSandboxError(CheckpointSelectionCmdlet.NotFound(sandbox, name), name);
        }
    }

    private IEnumerable<Sandbox> Select()
    {
        if (ParameterSetName == "InputObject")
        {
            return InputObject;
        }

        try
        {
            IReadOnlyList<Sandbox> all = ListSandboxes();
            return Name is null ? all : new SandboxSelector(all).ByName(Name, name => WriteSandboxError(SandboxSelector.NotFound(name), name));
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
            return [];
        }
    }
}
