using AgentSandbox.Backends.Docker.Checkpoints;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker;

/// <summary>
/// Restoring: a container can't be put on another image, so one is made beside it that takes its place. It is made under a name of its own; the moment in which the old
/// one is deleted decides. Whoever then finds the new one without the old one gives it the name.
/// </summary>
internal sealed partial class EngineSandboxes
{
    /// <inheritdoc/>
    public Task<Sandbox> RestoreAsync(string id, string name, bool force, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken) => OperateAsync(id, "restored", async container =>
    {
        using IDisposable? mark = await _marks.TakeAsync(container, cancellationToken);
        Snapshot checkpoint = await FindCheckpointAsync(container, name, cancellationToken);
        ContainerInspect inspect = await Engine.InspectContainerAsync(container.ContainerId, cancellationToken) ?? throw new DockerEngineException(404, "No such container");
        bool runs = inspect.State?.Running == true || inspect.State?.Status == "restarting";
        if (runs && !force)
        {
            throw new SandboxException(SandboxErrorId.SandboxRunning, $"The sandbox '{container.Record.Name}' is running.", $"Stop it first (Stop-AgentSandbox {container.Record.Name}), or let -Force (--force) stop it and start it again.", container.Record.Name);
        }

        progress?.Report(new SandboxProgress($"Restore {container.Record.Name} from {name}", "making its container", -1));
        EngineContainer next = await MakeNextAsync(container, checkpoint, cancellationToken);
        try
        {
            if (runs)
            {
                await Engine.StopContainerAsync(container.ContainerId, s_stopTimeout, CancellationToken.None).WaitAsync(cancellationToken);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
        catch
        {
            await Engine.RemoveContainerAsync(next.ContainerId, CancellationToken.None);
            throw;
        }

        await Engine.RemoveContainerAsync(container.ContainerId, CancellationToken.None); // From here on it is restored.
        Drop(container);
        next = await TakePlaceAsync(next);
        await _snapshots.DeleteUnnamedAsync(inspect.Image); // What the old one stood on.
        if (runs)
        {
            await Backend(next.Record).StartAsync(next, CancellationToken.None);
            KeepTime(next);
        }

        return await LookAsync(next, CancellationToken.None);
    }, cancellationToken);

    /// <summary>Makes the container that shall take a sandbox's place. Its name is a lock, too: of two that restore one sandbox, one fails.</summary>
    private async Task<EngineContainer> MakeNextAsync(EngineContainer container, Snapshot checkpoint, CancellationToken cancellationToken)
    {
        ContainerRecord record = container.Record with { SandboxId = container.Id, Creator = Creator.Current };
        ImageInspect image = await Engine.InspectImageAsync(checkpoint.ImageId, cancellationToken) ?? throw Removed(checkpoint);
        ContainerCreate request = Backend(record).Request(record, _images.Committed(record.Specification, image), await _host.GetFactsAsync(cancellationToken));
        request = request with { Labels = ContainerLabels.Write(_scope, record) };
        string name = ContainerLabels.RestoringName(_scope, record.Name);
        for (bool isRetry = false; ; isRetry = true)
        {
            try
            {
                // Not cancelled half-way: then its id would not be known, and it would be there.
                ContainerCreated created = await Engine.CreateContainerAsync(name, request, CancellationToken.None);
                return created.Warnings?.FirstOrDefault(IsDiscarded) is { } discarded ? throw await RefuseAsync(created.Id, record, discarded) : EngineContainer.Of(created.Id, record);
            }
            catch (DockerEngineException e) when (e.StatusCode == 404)
            {
                throw Removed(checkpoint);
            }
            catch (DockerEngineException e) when (e.StatusCode == 409)
            {
                _ = isRetry ? null : await InspectAsync(name, cancellationToken); // What a killed restore left goes by this look.
                if (isRetry || await Engine.InspectContainerAsync(name, cancellationToken) is not null)
                {
                    throw new SandboxException(SandboxErrorId.SandboxBusy, $"Another process is restoring the sandbox '{record.Name}'.", "Try again in a moment.", record.Name, e);
                }
            }
        }
    }

    /// <summary>Gives a container the name of the sandbox's, which has been deleted.</summary>
    private async Task<EngineContainer> TakePlaceAsync(EngineContainer next)
    {
        string name = ContainerLabels.ContainerName(_scope, next.Record.Name);
        try
        {
            await Engine.RenameContainerAsync(next.ContainerId, name, CancellationToken.None);
        }
        catch (DockerEngineException)
        {
            // Somebody who looked did it meanwhile; or another container has the name now, and then this one can do without.
            ContainerInspect inspect = await Engine.InspectContainerAsync(next.ContainerId, CancellationToken.None) ?? throw new DockerEngineException(404, "No such container");
            if (inspect.Name?.TrimStart('/') != name && await Engine.InspectContainerAsync(name, CancellationToken.None) is null)
            {
                throw;
            }
        }

        return Remember(next);
    }

    /// <summary>Looks at a container that is to take a sandbox's place: that one is gone, or it was left by a killed process, or it is still being made.</summary>
    /// <returns>The sandbox, where it is this one; null when it is not.</returns>
    private async Task<(EngineContainer Container, ContainerInspect Inspect)?> SettleAsync(ContainerInspect next, ContainerRecord record, CancellationToken cancellationToken)
    {
        string name = ContainerLabels.ContainerName(_scope, record.Name);
        ContainerInspect? current = await Engine.InspectContainerAsync(name, cancellationToken);
        bool isBefore = current is not null && ContainerLabels.TryRead(_scope, current.Config?.Labels, [current.Name]) is { } other && EngineContainer.Of(current.Id, other).Id == record.SandboxId;
        if (isBefore && current!.State?.Status is "dead" or "removing")
        {
            await Engine.RemoveContainerAsync(current!.Id, cancellationToken); // Its deletion had begun, and that decides.
            isBefore = false;
        }

        if (!isBefore)
        {
            EngineContainer restored = await TakePlaceAsync(EngineContainer.Of(next.Id, record));
            return await Engine.InspectContainerAsync(next.Id, cancellationToken) is { } inspect ? (restored, inspect) : null;
        }

        if (record.Creator?.IsGone == true || DateTimeOffset.UtcNow - next.Created > s_birth)
        {
            await Engine.RemoveContainerAsync(next.Id, cancellationToken);
        }

        return null;
    }

    /// <summary>Removes what a restore of a sandbox has made, or left.</summary>
    private async Task RemoveRestoringAsync(EngineContainer container)
    {
        if (await Engine.InspectContainerAsync(ContainerLabels.RestoringName(_scope, container.Record.Name), CancellationToken.None) is { } next
            && ContainerLabels.TryReadRestoring(_scope, next.Config?.Labels, [next.Name])?.SandboxId == container.Id)
        {
            await Engine.RemoveContainerAsync(next.Id, CancellationToken.None);
        }
    }

    private static SandboxException Removed(Snapshot checkpoint) =>
        new(SandboxErrorId.CheckpointNotFound, $"The checkpoint '{checkpoint.Checkpoint!.Name}' has just been removed.", $"List them: Get-SandboxCheckpoint {checkpoint.Checkpoint.SandboxName}", checkpoint.Checkpoint.Name);
}
