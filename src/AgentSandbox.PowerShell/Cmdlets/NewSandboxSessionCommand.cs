using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;
using AgentSandbox.PowerShell.Remoting;
using AgentSandbox.PowerShell.Transport;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Opens sessions in sandboxes, for PowerShell's own cmdlets.</summary>
[Cmdlet(VerbsCommon.New, "SandboxSession", SupportsShouldProcess = true)]
[OutputType(typeof(PSSession))]
public sealed class NewSandboxSessionCommand : SandboxCmdlet
{
    /// <summary>Sandboxes: objects, names or ids.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(SandboxNameCompleter))]
    [ValidateNotNullOrEmpty]
    public SandboxReference[] Sandbox { get; set; } = [];

    /// <summary>Name of the session; the sandbox's when there is none.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Folder in the sandbox to start in.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>Variables added to those of the sandbox.</summary>
    [Parameter]
    public IDictionary? Environment { get; set; }

    /// <summary>User inside the sandbox.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? User { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (SandboxReference sandbox in Sandbox)
        {
            if (!ShouldProcess(sandbox.NameOrId, "Open a PowerShell session"))
            {
                continue;
            }

            try
            {
                Open(sandbox);
            }
            catch (SandboxException e)
            {
                WriteSandboxError(e, sandbox.NameOrId);
            }
        }
    }

    private void Open(SandboxReference reference)
    {
        CommandSpecification how = new() { Arguments = [], Environment = EnvironmentParameter.Read(Environment), WorkingDirectory = WorkingDirectory, User = User };
        SandboxRunspace opened = RunPumped((_, token) =>
        {
            Sandbox sandbox = reference.Look(Manager);
            return sandbox.Backend is "WindowsSandbox" or "HyperV"
                ? throw new SandboxException(
                    SandboxErrorId.NotEnforceable,
                    $"{sandbox.Name} has Windows PowerShell in it, with which no session can be opened.",
                    "Run script blocks there with Invoke-InSandbox -ScriptBlock; they write text.",
                    sandbox.Name)
                : SandboxRunspace.OpenAsync(Manager, sandbox, how, Host, Name ?? sandbox.Name, token);
        });
        WriteObject(WireConnection.CreateSession(opened.Runspace, this));
    }
}
