using System.Globalization;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Docker;

/// <summary>Looking, and removing what should be gone.</summary>
internal sealed partial class EngineSandboxes
{
    /// <summary>A container that was made but not started for this long belongs to a process that was killed in between, wherever that was.</summary>
    private static readonly TimeSpan s_birth = TimeSpan.FromMinutes(2);

    /// <summary>A container that still runs this long after its time does not end by itself: what should have ended it was held up, or was never there.</summary>
    private static readonly TimeSpan s_overdue = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_usagePatience = TimeSpan.FromMilliseconds(300);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Sandbox>> ListAsync(CancellationToken cancellationToken)
    {
        if (!_host.IsExpected)
        {
            return [];
        }

        try
        {
            var found = new List<EngineContainer>();
            IReadOnlyList<ContainerSummary> summaries = await Engine.ListContainersAsync(ContainerLabels.Filter(_scope), cancellationToken);
            foreach (ContainerSummary summary in summaries)
            {
                if (ContainerLabels.TryRead(_scope, summary.Labels, summary.Names ?? []) is { } record)
                {
                    found.Add(Remember(EngineContainer.Of(summary.Id, record)));
                }
                else if (ContainerLabels.TryReadBeside(_scope, summary.Labels, summary.Names ?? []) is not null && await InspectAsync(summary.Id, cancellationToken) is { } settled)
                {
                    found.Add(settled.Container);
                }
            }

            bool mayHaveCheckpoints = (await Engine.PingAsync(cancellationToken)).OSType != "windows";
            Task sweep = mayHaveCheckpoints ? _snapshots.SweepAsync(cancellationToken) : Task.CompletedTask;
            Sandbox?[] looked = await Task.WhenAll(found.DistinctBy(c => c.Id).Select(c => TryLookAsync(c, cancellationToken)));
            await sweep;
            return [.. looked.OfType<Sandbox>()];
        }
        catch (DockerEngineException e)
        {
            throw EngineRefusal.Translate(e, "The engine's sandboxes could not be listed:", null);
        }
    }

    /// <inheritdoc/>
    public async Task<Sandbox?> TryGetAsync(string nameOrId, CancellationToken cancellationToken)
    {
        if (!_host.IsExpected)
        {
            return null;
        }

        try
        {
            (EngineContainer Container, ContainerInspect Inspect)? found =
                await TryFindByIdAsync(nameOrId, cancellationToken) ?? await TryFindByNameAsync(nameOrId, cancellationToken);
            return found is null ? null : await TryLookAsync(found.Value.Container, found.Value.Inspect, cancellationToken);
        }
        catch (DockerEngineException e)
        {
            throw EngineRefusal.Translate(e, "The engine could not be asked for the sandbox:", nameOrId);
        }
    }

    private async Task<Sandbox?> TryLookAsync(EngineContainer container, CancellationToken cancellationToken) =>
        await Engine.InspectContainerAsync(container.ContainerId, cancellationToken) is { } inspect
            ? await TryLookAsync(container, inspect, cancellationToken)
            : await LookAgainAsync(container, cancellationToken);

    /// <summary>A container that is gone may have been replaced by another one.</summary>
    private async Task<Sandbox?> LookAgainAsync(EngineContainer container, CancellationToken cancellationToken)
    {
        Drop(container);
        return await TryFindByIdAsync(container.Id, cancellationToken) is { } now ? await TryLookAsync(now.Container, now.Inspect, cancellationToken) : ForgetGone(container);
    }

    private Sandbox? ForgetGone(EngineContainer container)
    {
        Forget(container);
        return null;
    }

    private async Task<Sandbox?> TryLookAsync(EngineContainer container, ContainerInspect inspect, CancellationToken cancellationToken)
    {
        ContainerRecord record = container.Record;
        SandboxStatus status = Status(container, inspect.State);
        bool isOver = record.Expires <= DateTimeOffset.UtcNow || record.ThrowAway;
        bool wasNeverBorn = status.State == SandboxState.Creating && inspect.State?.Status == "created" && (record.Creator?.IsGone == true || DateTimeOffset.UtcNow - record.Created > s_birth);
        bool isOverdue = record.Expires + s_overdue <= DateTimeOffset.UtcNow;
        if ((isOver && status.State is SandboxState.Stopped or SandboxState.Failed) || wasNeverBorn || isOverdue)
        {
            await Engine.RemoveContainerAsync(container.ContainerId, cancellationToken);
            if (!record.ThrowAway && Backend(record).WhyNoCheckpoints is null)
            {
                await _snapshots.RemoveAllAsync(container, inspect.Image); // Now: it may be the last look for a long time.
            }

            return ForgetGone(container);
        }

        bool isLocal = (await _host.GetFactsAsync(cancellationToken)).IsLocal;
        if (!isLocal)
        {
            status = status with { ProcessId = null }; // A number of another machine.
        }

        if (status.State == SandboxState.Running && await UsageAsync(container, status.ProcessId, isLocal, cancellationToken) is { } stats)
        {
            status = status with { MemoryUsage = stats.MemoryUsage, CpuTime = stats.CpuTime, ProcessCount = stats.Pids };
        }

        return View(container, status);
    }

    /// <summary>
    /// The use of resources. Many engines answer only when they count next, up to a second later; one elsewhere is not waited for that long, since
    /// a look comes before every command that names its sandbox.
    /// </summary>
    private async Task<ContainerStats?> UsageAsync(EngineContainer container, int? processId, bool isLocal, CancellationToken cancellationToken)
    {
        if (processId is { } first && LocalUsage.TryRead(container.ContainerId, first) is { } read)
        {
            return read;
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (!isLocal)
        {
            patience.CancelAfter(s_usagePatience);
        }

        try
        {
            return await Engine.GetStatsAsync(container.ContainerId, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null; // Unknown, which the object can say.
        }
    }

    private static Sandbox View(EngineContainer container, SandboxStatus status) =>
        SandboxView.Of(container.Id, container.Record.Name, container.Record.Created, container.Record.Expires, container.Record.Specification, container.Record.Warnings, status);

    private SandboxStatus Status(EngineContainer container, ContainerState? state) => state?.Status switch
    {
        "created" when container.Record.SandboxId is not null => new(SandboxState.Stopped), // Restored, and not started since.
        "paused" when _marks.IsHeld(container.Id) => new(SandboxState.Running, ProcessId: state.Pid > 0 ? state.Pid : null), // For the moment of a checkpoint.
        "created" => new(SandboxState.Creating),
        "restarting" => new(SandboxState.Creating),
        "running" => new(SandboxState.Running, ProcessId: state.Pid > 0 ? state.Pid : null),
        "removing" => new(SandboxState.Removing),
        "paused" => new(SandboxState.Failed, $"Its container was paused by another program; docker unpause {container.Id} lets it go on."),
        "exited" when state.ExitCode == 0 => new(SandboxState.Stopped),
        "exited" => new(SandboxState.Failed, string.Create(CultureInfo.InvariantCulture, $"Its container ended with exit code {state.ExitCode}{Because(state)}.")),
        var other => new(SandboxState.Failed, $"Its container is {GuestText.Clean(other)}{(state is null ? "" : Because(state))}."),
    };

    private static string Because(ContainerState state) =>
        state.OOMKilled ? ": it ran out of memory"
        : state.Error is { Length: > 0 } error ? ": " + GuestText.Clean(error)
        : state.ExitCode == 137 ? ": its guest program was killed, or the engine was restarted"
        : "";
}
