using AgentSandbox.Backends.Docker.Checkpoints;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker;

/// <summary>Checkpoints, which are images that the engine commits, and copied sandboxes, which stand on one. The design: docs/design/checkpoints.md.</summary>
internal sealed partial class EngineSandboxes
{
    /// <inheritdoc/>
    public Task<SandboxCheckpoint> CheckpointAsync(string id, string name, bool replace, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken) => OperateAsync(id, "copied", async container =>
    {
        using IDisposable? mark = await _marks.TakeAsync(container, cancellationToken);
        ContainerInspect inspect = await ToCopyAsync(container, cancellationToken);
        if (container.Record.ThrowAway)
        {
            throw NotSupported(container.Record, "It is a throw-away sandbox, which ends with the process that made it.");
        }

        Snapshot? other = await TryFindCheckpointAsync(id, name, cancellationToken);
        if (other is not null && !replace)
        {
            throw new SandboxException(SandboxErrorId.CheckpointExists, $"The sandbox '{container.Record.Name}' has a checkpoint named '{other.Checkpoint!.Name}' already.", "Choose another name; -Force (--force) replaces it.", name);
        }

        progress?.Report(new SandboxProgress($"Checkpoint {name} of {container.Record.Name}", "the engine copies its files", -1));
        ImageInspect image = await _snapshots.CommitAsync(container, inspect, name, cancellationToken);
        return await _snapshots.NameAsync(image, id, name, other);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<SandboxCheckpoint>> CheckpointsAsync(string id, CancellationToken cancellationToken) => OperateAsync<IReadOnlyList<SandboxCheckpoint>>(
        id, "asked for its checkpoints", async container => Backend(container.Record).WhyNoCheckpoints is not null ? [] : [.. (await _snapshots.CheckpointsAsync(id, cancellationToken)).Select(s => s.Checkpoint!)], cancellationToken);

    /// <inheritdoc/>
    public Task RemoveCheckpointAsync(string id, string name, CancellationToken cancellationToken) => OperateAsync(id, "asked for its checkpoints", async container =>
    {
        using IDisposable? mark = await _marks.TakeAsync(container, cancellationToken);
        await _snapshots.RemoveAsync(await FindCheckpointAsync(container, name, cancellationToken), cancellationToken);
        return true;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<Sandbox> CloneAsync(string id, SandboxSpecification specification, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken) => OperateAsync(id, "copied", async container =>
    {
        DateTimeOffset created = DateTimeOffset.UtcNow;
        string nonce = Guid.NewGuid().ToString("N");
        string name = specification.Name ?? $"sandbox-{nonce[..8]}";
        await ThrowIfTakenAsync(name, cancellationToken); // Before the files are copied; whoever takes it meanwhile is noticed when the container is made.
        ImageInspect image;
        using (await _marks.TakeAsync(container, cancellationToken))
        {
            ContainerInspect inspect = await ToCopyAsync(container, cancellationToken);
            progress?.Report(new SandboxProgress($"Copy {container.Record.Name} to {name}", "the engine copies its files", -1));
            image = await _snapshots.CommitAsync(container, inspect, "", cancellationToken);
        }

        EngineBackend backend = Backend(container.Record);
        ContainerRecord record = container.Record with
        {
            Name = name,
            Specification = specification with { Name = name },
            Created = created,
            Expires = specification.TimeToLive is { } timeToLive ? created + timeToLive : null,
            ThrowAway = false,
            Nonce = nonce,
            Creator = Creator.Current,
            SandboxId = null,
        };
        try
        {
            ContainerCreate request = backend.Request(record, _images.Committed(record.Specification, image), await _host.GetFactsAsync(cancellationToken));
            return await CreateAsync(backend, record, request with { Labels = ContainerLabels.Write(_scope, record) }, cancellationToken);
        }
        catch (DockerEngineException e) when (e.StatusCode == 404)
        {
            await _snapshots.DeleteUnnamedAsync(image.Id);
            throw new SandboxException(SandboxErrorId.EngineFailed, $"The copy of '{container.Record.Name}' could not be made: {e.Message}", "Try again.", name, e);
        }
        catch
        {
            await _snapshots.DeleteUnnamedAsync(image.Id);
            throw;
        }
    }, cancellationToken);

    /// <summary>Looks at a container whose files are to be copied.</summary>
    /// <exception cref="SandboxException">They can't be.</exception>
    private async Task<ContainerInspect> ToCopyAsync(EngineContainer container, CancellationToken cancellationToken)
    {
        ThrowIfWithoutCheckpoints(container.Record);
        ContainerInspect inspect = await InPlaceAsync(container, cancellationToken);
        SandboxState state = Status(container, inspect.State).State;
        bool isBetween = inspect.State?.Status is not ("running" or "paused" or "exited") && state != SandboxState.Stopped;
        return isBetween ? throw new SandboxException(SandboxErrorId.SandboxBusy, $"The sandbox '{container.Record.Name}' is {state}.", "Try again in a moment.", container.Record.Name)
            : await Backend(container.Record).WhyNoCommitAsync(container, inspect, cancellationToken) is { } reason ? throw NotSupported(container.Record, reason)
            : inspect;
    }

    private async Task ThrowIfTakenAsync(string name, CancellationToken cancellationToken)
    {
        if (await TryGetAsync(name, cancellationToken) is { } holder && string.Equals(holder.Name, name, StringComparison.OrdinalIgnoreCase))
        {
            throw new SandboxException(SandboxErrorId.NameInUse, $"A sandbox named '{name}' exists already.", $"Choose another name, or remove it: Remove-AgentSandbox {name}", name);
        }
    }

    private async Task<Snapshot?> TryFindCheckpointAsync(string id, string name, CancellationToken cancellationToken) =>
        (await _snapshots.CheckpointsAsync(id, cancellationToken)).FirstOrDefault(s => string.Equals(s.Checkpoint!.Name, name, StringComparison.OrdinalIgnoreCase));

    private async Task<Snapshot> FindCheckpointAsync(EngineContainer container, string name, CancellationToken cancellationToken)
    {
        ThrowIfWithoutCheckpoints(container.Record);
        return await TryFindCheckpointAsync(container.Id, name, cancellationToken)
            ?? throw new SandboxException(SandboxErrorId.CheckpointNotFound, $"The sandbox '{container.Record.Name}' has no checkpoint '{SandboxName.Printable(name)}'.", $"List them: Get-SandboxCheckpoint {container.Record.Name}", name);
    }

    private void ThrowIfWithoutCheckpoints(ContainerRecord record)
    {
        if (Backend(record).WhyNoCheckpoints is { } reason)
        {
            throw NotSupported(record, reason);
        }
    }

    private static SandboxException NotSupported(ContainerRecord record, string reason) => new(
        SandboxErrorId.CheckpointNotSupported,
        $"The files of the sandbox '{record.Name}' can't be copied or kept. {reason}",
        "Copy what matters out and in with Copy-SandboxItem; docs/design/checkpoints.md says which backends keep what.",
        record.Name);
}
