using System.Management.Automation;
using AgentSandbox.PowerShell.Invocation;
using AgentSandbox.PowerShell.Jobs;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>What goes on when the cmdlet has ended: jobs of this PowerShell, and background processes, which outlive it.</summary>
public sealed partial class InvokeInSandboxCommand
{
    private readonly List<SandboxReference?> _detachedTargets = [];
    private InvocationPlan? _detachedPlan;

    /// <summary>Run as a job of this PowerShell.</summary>
    [Parameter]
    public SwitchParameter AsJob { get; set; }

    /// <summary>Run as a job of this name.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? JobName { get; set; }

    /// <summary>Start a process that outlives this PowerShell.</summary>
    [Parameter(ParameterSetName = LineSet)]
    [Parameter(ParameterSetName = NativeSet)]
    public SwitchParameter Background { get; set; }

    private bool IsDetached => Background || AsJob || JobName is not null;

    private bool HasInput => MyInvocation.ExpectingInput || MyInvocation.BoundParameters.ContainsKey(nameof(InputObject));

    private void BeginDetached()
    {
        _pipelineNamesSandboxes = Sandbox is null && !IsSpecified;
        if (Background)
        {
            CheckBackground();
        }

        _detachedPlan = ReadPlan();
        if (!_pipelineNamesSandboxes)
        {
            _collected = HasInput ? new CollectedInput() : null;
            _detachedTargets.AddRange((Sandbox ?? [null!]).Where(target => Agreed(target?.NameOrId ?? "a throw-away sandbox")));
        }
    }

    /// <summary>What a background process can't have is refused, never left out silently.</summary>
    private void CheckBackground()
    {
        string? conflict =
            AsJob || JobName is not null ? "-AsJob and -JobName make a job, which ends with this PowerShell"
            : AsResult || AsByteStream ? "-AsResult and -AsByteStream say what this call writes, and it does not wait for the output"
            : IsSpecified ? "a throw-away sandbox ends with this call"
            : HasInput && !_pipelineNamesSandboxes ? "it has no standard input"
            : null;
        if (conflict is not null)
        {
            throw new SandboxException(
                SandboxErrorId.InvalidSpecification,
                $"A background process can't be started so: {conflict}.",
                "Give -Background a sandbox that exists and a command; take its output with Receive-SandboxProcess. Input is copied in with Copy-SandboxItem.",
                nameof(Background));
        }
    }

    private void ProcessDetached()
    {
        if (!_pipelineNamesSandboxes)
        {
            if (_collected is not null)
            {
                Collect();
            }
        }
        else if (TakeFromPipeline() is { } target)
        {
            _detachedTargets.Add(target);
        }
    }

    private void EndDetached()
    {
        if (_detachedPlan is null || _detachedTargets.Count == 0)
        {
            return;
        }

        if (!Background)
        {
            StartJob();
            return;
        }

        foreach (SandboxReference target in _detachedTargets.OfType<SandboxReference>())
        {
            try
            {
                WriteObject(RunPumped((_, token) => Manager.StartProcessAsync(target.Look(Manager).Id, _detachedPlan.Command, token)));
            }
            catch (SandboxException e) when (_detachedTargets.Count > 1 || _pipelineNamesSandboxes)
            {
                WriteSandboxError(e, target.NameOrId);
            }
            catch (SandboxException e)
            {
                ThrowTerminating(e, target.NameOrId);
            }
        }
    }

    private void StartJob()
    {
        var job = new SandboxJob(CommandText, JobName, ThrottleLimit);
        foreach (SandboxReference? target in _detachedTargets)
        {
            job.Add(target?.NameOrId ?? "(throw-away)", InvocationWork.Of(Manager, _detachedPlan!, target, _collected?.OpenRead()));
        }

        JobRepository.Add(job);
        job.Start();
        WriteObject(job);
    }
}
