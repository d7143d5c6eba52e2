using System.Management.Automation;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;
using AgentSandbox.PowerShell.Remoting;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>Runs one plan in one or many sandboxes, so many at once as the throttle lets, and tells the pipeline what comes.</summary>
/// <param name="manager">Does the work.</param>
/// <param name="plan">What is to be done.</param>
/// <param name="pump">Where output goes.</param>
/// <param name="throttleLimit">How many run at once.</param>
/// <param name="cancellationToken">Ends all commands.</param>
internal sealed class InvocationRunner(SandboxManager manager, InvocationPlan plan, OutputPump pump, int throttleLimit, CancellationToken cancellationToken) : IDisposable
{
    private readonly SemaphoreSlim _throttle = new(throttleLimit);
    private readonly List<Task> _runs = [];
    private readonly object _lock = new();
    private Task? _all;

    /// <summary>The highest exit code so far; null when no command has ended.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>Why a run failed, each with the name of its sandbox.</summary>
    public List<(SandboxException Exception, string? Sandbox)> Failures { get; } = [];

    /// <summary>The error that ended a script block, which ends the cmdlet, too.</summary>
    public ErrorRecord? Terminating { get; private set; }

    /// <summary>A failure of one run is written at once instead of being kept: there are others.</summary>
    public bool ReportFailures { get; set; }

    /// <summary>What went wrong that is no <see cref="SandboxException"/>: a defect, which must not be lost.</summary>
    public Exception? Defect { get; private set; }

    /// <summary>Adds a sandbox to run in; null for a throw-away one.</summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="input">Standard input of a command, else null.</param>
    /// <param name="objects">Pipeline input of a script block, else null.</param>
    public void Add(SandboxReference? sandbox, Stream? input, PSDataCollection<PSObject>? objects = null) =>
        _runs.Add(Task.Run(() => RunThrottledAsync(sandbox, input, objects), CancellationToken.None));

    /// <summary>No more sandboxes come: the pump completes when the last run has.</summary>
    /// <returns>A task that completes then.</returns>
    public Task Complete() => _all ??= Task.WhenAll(_runs).ContinueWith(_ => pump.Complete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <inheritdoc/>
    public void Dispose() => _throttle.Dispose();

    private async Task RunThrottledAsync(SandboxReference? sandbox, Stream? input, PSDataCollection<PSObject>? objects)
    {
        string? name = sandbox?.NameOrId;
        try
        {
            await _throttle.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await RunOneAsync(sandbox, input, objects).ConfigureAwait(false);
            }
            finally
            {
                _throttle.Release();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl+C: the pipeline ends, nothing is left to say.
        }
        catch (SandboxException e)
        {
            await FailAsync(e, name).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                Defect ??= e;
            }
        }
        finally
        {
            // Whoever still appends to it must not wait for a reader.
            input?.Dispose();
            objects?.Complete();
        }
    }

    private async Task RunOneAsync(SandboxReference? sandbox, Stream? input, PSDataCollection<PSObject>? objects)
    {
        SandboxLease lease = sandbox is null
            ? await SandboxLease.CreateAsync(manager, pump, plan.ThrowAway!, cancellationToken).ConfigureAwait(false)
            : SandboxLease.Existing(manager, pump, sandbox);
        await using (lease.ConfigureAwait(false))
        {
            if (plan.Block is not null && !IsWindows(lease))
            {
                await RunBlockAsync(lease, plan.Block, objects).ConfigureAwait(false);
                return;
            }

            input ??= objects is null ? null : await EncodedInput.ReadAsync(objects, cancellationToken).ConfigureAwait(false);
            CommandSpecification command = (plan.BlockCommand?.Invoke(lease.Sandbox) ?? plan.Command) with { StandardInput = input is not null };
            ScriptCopy? script = plan.Script is null
                ? null
                : await ScriptCopy.CreateAsync(manager, lease, plan.Script, command.User, cancellationToken).ConfigureAwait(false);
            try
            {
                await RunCommandAsync(lease, script is null ? command : HostPowerShell.Find(script.Command(plan.Script!, command), lease.Sandbox), input).ConfigureAwait(false);
            }
            finally
            {
                if (script is not null)
                {
                    await script.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
    }

    private async Task RunBlockAsync(SandboxLease lease, BlockPlan block, PSDataCollection<PSObject>? objects)
    {
        BlockEnd end = await BlockInvocation.RunAsync(manager, lease, block, objects, pump, keep: plan.ThrowAway is null, cancellationToken).ConfigureAwait(false);
        if (end.TimedOut)
        {
            NoteExit(124);
            ErrorRecord record = ErrorRecords.From(BlockInvocation.TimedOut(block, lease.Name));
            await pump.WriteAsync(cmdlet => cmdlet.WriteError(record), cancellationToken).ConfigureAwait(false);
        }

        if (end.ExitCode is { } code)
        {
            NoteExit(code);
        }

        if (end.Terminating is { } error)
        {
            await EndByErrorAsync(error).ConfigureAwait(false);
        }
    }

    private async Task EndByErrorAsync(ErrorRecord error)
    {
        if (ReportFailures)
        {
            await pump.WriteAsync(cmdlet => cmdlet.WriteError(error), cancellationToken).ConfigureAwait(false);
            return;
        }

        lock (_lock)
        {
            Terminating ??= error;
        }
    }

    private async Task RunCommandAsync(SandboxLease lease, CommandSpecification command, Stream? input)
    {
        if (plan.AsResult)
        {
            CommandResult result = await manager.RunAsync(lease.Id, command, input, cancellationToken).ConfigureAwait(false);
            NoteExit(result.ExitCode);
            SandboxCommandResult shown = new(lease.Name, result, plan.AsBytes);
            await pump.WriteAsync(cmdlet => cmdlet.WriteObject(shown), cancellationToken).ConfigureAwait(false);
            return;
        }

        SandboxCommand running = await manager.StartCommandAsync(lease.Id, command, cancellationToken).ConfigureAwait(false);
        await using (running.ConfigureAwait(false))
        {
            CommandExit exit = await CommandStreams.RunAsync(running, new PipelineSource(lease.Name, input, plan.AsBytes), pump, cancellationToken).ConfigureAwait(false);
            NoteExit(exit.ExitCode);
            if (Problem(exit, command, lease.Name) is { } record)
            {
                await pump.WriteAsync(cmdlet => ((IStandardErrorTarget)cmdlet).StandardError.WriteOwn(record), cancellationToken).ConfigureAwait(false);
            }

            if (exit.Truncated)
            {
                string warning = $"Output of the command in {lease.Name} is missing: a process that it left behind kept its output open.";
                await pump.WriteAsync(cmdlet => cmdlet.WriteWarning(warning), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Its PowerShell is Windows PowerShell, which is run as a program.</summary>
    private static bool IsWindows(SandboxLease lease) => lease.Backend is "WindowsSandbox" or "HyperV";

    private ErrorRecord? Problem(CommandExit exit, CommandSpecification command, string name)
    {
        if (exit.TimedOut)
        {
            return ErrorRecords.From(new SandboxException(
                SandboxErrorId.CommandTimedOut,
                $"The command in {name} ran longer than {command.Timeout?.TotalSeconds} s and was ended.",
                "Give a larger -TimeoutSec, or none.",
                name));
        }

        return exit.ExitCode != 0 && plan.ExitCodeIsError
            ? ErrorRecords.From(new SandboxException(
                CmdletErrorId.ProgramExitedWithNonZeroCode,
                $"The command in {name} ended with exit code {exit.ExitCode}.",
                "Look at what it wrote, or set $PSNativeCommandUseErrorActionPreference to $false.",
                name))
            : null;
    }

    private void NoteExit(int exitCode)
    {
        lock (_lock)
        {
            ExitCode = ExitCode is { } other ? Math.Max(other, exitCode) : exitCode;
        }
    }

    private async Task FailAsync(SandboxException exception, string? name)
    {
        if (ReportFailures)
        {
            ErrorRecord record = ErrorRecords.From(exception, name);
            try
            {
                await pump.WriteAsync(cmdlet => ((IStandardErrorTarget)cmdlet).StandardError.WriteOwn(record), cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException)
            {
                // Stopped meanwhile; kept below, where it does no harm.
            }
        }

        lock (_lock)
        {
            Failures.Add((exception, name));
        }
    }
}
