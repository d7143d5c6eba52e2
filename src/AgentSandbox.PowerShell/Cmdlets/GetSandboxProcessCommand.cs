using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Looks at background processes of sandboxes, whichever PowerShell started them.</summary>
[Cmdlet(VerbsCommon.Get, "SandboxProcess", DefaultParameterSetName = BySandbox)]
[OutputType(typeof(SandboxProcess))]
public sealed class GetSandboxProcessCommand : SandboxCmdlet
{
    private const string BySandbox = "Sandbox";
    private const string ByObject = "InputObject";

    /// <summary>Processes, to be looked at again.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByObject, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public SandboxProcess[] InputObject { get; set; } = [];

    /// <summary>Sandboxes: objects, names or ids. All when there are none.</summary>
    [Parameter(Position = 0, ParameterSetName = BySandbox, ValueFromPipeline = true)]
    [ArgumentCompleter(typeof(SandboxNameCompleter))]
    [ValidateNotNullOrEmpty]
    public SandboxReference[]? Sandbox { get; set; }

    /// <summary>Numbers of processes.</summary>
    [Parameter(Position = 1, ParameterSetName = BySandbox)]
    [ValidateRange(1, int.MaxValue)]
    public int[]? Id { get; set; }

    /// <summary>Only those in one of these states.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public SandboxProcessState[]? State { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == ByObject)
        {
            LookAgain();
        }
        else if (Sandbox is null)
        {
            WriteAll();
        }
        else
        {
            WriteThoseOf(Sandbox);
        }
    }

    private void LookAgain()
    {
        foreach (SandboxProcess process in InputObject)
        {
            try
            {
                SandboxProcess now = Manager.GetProcess(process);
                WriteObject(new[] { now }.Where(IsWanted), enumerateCollection: true);
            }
            catch (SandboxException e)
            {
                WriteSandboxError(e, process.Id);
            }
        }
    }

    private void WriteAll()
    {
        try
        {
            Write(ListSandboxes(), reportMissing: false);
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
        }
    }

    private void WriteThoseOf(SandboxReference[] sandboxes)
    {
        foreach (SandboxReference reference in sandboxes)
        {
            try
            {
                Write([RunPumped((_, _) => Task.FromResult(reference.Look(Manager)))], reportMissing: true);
            }
            catch (SandboxException e)
            {
                WriteSandboxError(e, reference.NameOrId);
            }
        }
    }

    private void Write(IReadOnlyList<Sandbox> sandboxes, bool reportMissing)
    {
        foreach (Sandbox sandbox in sandboxes)
        {
            IReadOnlyList<SandboxProcess> processes = Manager.ListProcesses(sandbox);
            foreach (int id in (Id ?? []).Where(id => reportMissing && processes.All(process => process.Id != id)))
            {
                try
                {
                    _ = Manager.GetProcess(sandbox, id);
                }
                catch (SandboxException e)
                {
                    WriteSandboxError(e, id);
                }
            }

            WriteObject(processes.Where(process => (Id?.Contains(process.Id) ?? true) && IsWanted(process)), enumerateCollection: true);
        }
    }

    private bool IsWanted(SandboxProcess process) => State?.Contains(process.State) ?? true;
}
