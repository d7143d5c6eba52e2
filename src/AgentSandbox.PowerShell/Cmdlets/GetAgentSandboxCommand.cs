using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Lists the sandboxes on this machine, whichever process made them.</summary>
[Cmdlet(VerbsCommon.Get, "AgentSandbox", DefaultParameterSetName = "Name")]
[OutputType(typeof(Sandbox))]
public sealed class GetAgentSandboxCommand : SandboxCmdlet
{
    /// <summary>Names, wildcards allowed.</summary>
    [Parameter(Position = 0, ParameterSetName = "Name", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(SandboxNameCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Ids.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Id")]
    [ValidateNotNullOrEmpty]
    public string[] Id { get; set; } = [];

    /// <summary>Only those in one of these states.</summary>
    [Parameter]
    public SandboxState[]? State { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        IReadOnlyList<Sandbox> all;
        try
        {
            all = ListSandboxes();
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
            return;
        }

        SandboxSelector selector = new(all);
        IEnumerable<Sandbox> chosen = ParameterSetName == "Id" ? selector.ById(Id, Missing) : Name is null ? all : selector.ByName(Name, Missing);
        WriteObject(chosen.Where(sandbox => State is null || State.Contains(sandbox.State)), enumerateCollection: true);
    }

    private void Missing(string nameOrId) => WriteSandboxError(SandboxSelector.NotFound(nameOrId), nameOrId);
}
