using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>Cmdlets that do one thing to each of several existing sandboxes. One that fails is reported, and the next one is done.</summary>
public abstract class SandboxSelectionCmdlet : SandboxCmdlet
{
    private const string ByName = "Name";
    private const string ById = "Id";
    private const string ByObject = "InputObject";

    /// <summary>Names, wildcards allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByName, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SandboxNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>Ids.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ById)]
    [ValidateNotNullOrEmpty]
    public string[] Id { get; set; } = [];

    /// <summary>Sandboxes. A cmdlet's default parameter set is theirs: else PowerShell takes a piped one for its name, which another sandbox may have by now.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByObject, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public Sandbox[] InputObject { get; set; } = [];

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (Sandbox sandbox in Select())
        {
            try
            {
                Act(sandbox);
            }
            catch (SandboxException e)
            {
                WriteSandboxError(e, sandbox.Name);
            }
        }
    }

    /// <summary>Does it to one sandbox.</summary>
    private protected abstract void Act(Sandbox sandbox);

    /// <summary>No sandbox has this name or id.</summary>
    private protected virtual void OnMissing(string nameOrId) => WriteSandboxError(SandboxSelector.NotFound(nameOrId), nameOrId);

    private List<Sandbox> Select()
    {
        if (ParameterSetName == ByObject)
        {
            return [.. InputObject];
        }

        SandboxSelector selector;
        try
        {
            selector = new SandboxSelector(ListSandboxes());
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
            return [];
        }

        return ParameterSetName == ById ? selector.ById(Id, OnMissing) : selector.ByName(Name, OnMissing);
    }
}
