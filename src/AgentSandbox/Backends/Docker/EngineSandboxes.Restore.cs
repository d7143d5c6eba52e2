using AgentSandbox.Backends.Docker.Checkpoints;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker;

/// <summary>
/// Restoring: a container can't be put on another image, so one is made beside it that takes its place. It is made under a name of its own; the old one losing its name decides;
/// then the new one gets it, and only then the old one is deleted. Whoever finds them in between goes on, or back.
/// </summary>
internal sealed partial class EngineSandboxes
{
    /// <inheritdoc/>
    public Task<Sandbox> RestoreAsync(string id, string name, bool force, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken) => OperateAsync(id, "restored", async container =>
    {
        using IDisposable? mark = await _marks.TakeAsync(container, cancellationToken);

        // Asked again: the one that is known here may be what a killed restore has put aside, and that is settled first.
        container = (await TryFindByIdAsync(id, cancellationToken))?.Container ?? throw SandboxManager.NotFound(container.Record.Name);
        Snapshot checkpoint = await FindCheckpointAsync(container, name, cancellationToken);
        ContainerInspect inspect = await Engine.InspectContainerAsync(container.ContainerId, cancellationToken) ?? throw new DockerEngineException(404, "No such container");
        bool runs = inspect.State?.Running == true || inspect.State?.Status == "restarting";
        if (runs && !force)
        {
            throw new SandboxException(SandboxErrorId.SandboxRunning, $"The sandbox '{container.Record.Name}' is running.", $"Stop it first (Stop-AgentSandbox {container.Record.Name}), or let -Force (--force) stop it and start it again.", container.Record.Name);
        }

        progress?.Report(new SandboxProgress($"Restore {container.Record.Name} from {name}", "making its container", -1));
        foreach (ContainerInspect left in (await BesideAsync(container)).Where(c => c.Id != container.ContainerId && c.Name?.TrimStart('/') == ContainerLabels.ReplacedName(_scope, container.Record.Name)))
        {
            await Engine.RemoveContainerAsync(left.Id, cancellationToken); // Of an earlier restore, which was killed at its end.
        }

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

        await LeavePlaceAsync(container, next); // From here on it is restored.
        Drop(container);
        if (await TryTakePlaceAsync(next))
        {
            await Engine.RemoveContainerAsync(container.ContainerId, CancellationToken.None);
        }

        Remember(next);
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

    /// <summary>Takes the name from the old container.</summary>
    private async Task LeavePlaceAsync(EngineContainer container, EngineContainer next)
    {
        string aside = ContainerLabels.ReplacedName(_scope, container.Record.Name);
        try
        {
            await Engine.RenameContainerAsync(container.ContainerId, aside, CancellationToken.None);
        }
        catch (DockerEngineException)
        {
            await Engine.RemoveContainerAsync(next.ContainerId, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Gives a container the name of its sandbox.</summary>
    /// <returns>False when another sandbox's has it now: then it does without.</returns>
    private async Task<bool> TryTakePlaceAsync(EngineContainer container)
    {
        string name = ContainerLabels.ContainerName(_scope, container.Record.Name);
        try
        {
            await Engine.RenameContainerAsync(container.ContainerId, name, CancellationToken.None);
            return true;
        }
        catch (DockerEngineException)
        {
            ContainerInspect inspect = await Engine.InspectContainerAsync(container.ContainerId, CancellationToken.None) ?? throw new DockerEngineException(404, "No such container");
            return inspect.Name?.TrimStart('/') == name // Somebody who looked did it meanwhile.
                || (await Engine.InspectContainerAsync(name, CancellationToken.None) is null ? throw new DockerEngineException(409, $"The container {container.ContainerId} can't be called '{name}'.") : false);
        }
    }

    /// <summary>Looks at a container that was found beside the place of its sandbox's, and at the others of that sandbox: goes on with a restore that was decided, else back.</summary>
    /// <returns>The sandbox's container, where it was not in its place; null when it is, or the sandbox is gone.</returns>
    private async Task<(EngineContainer Container, ContainerInspect Inspect)?> SettleAsync(EngineContainer beside, CancellationToken cancellationToken)
    {
        ContainerRecord record = beside.Record;
        ContainerInspect? current = await Engine.InspectContainerAsync(ContainerLabels.ContainerName(_scope, record.Name), cancellationToken);
        bool isInPlace = current is not null && ContainerLabels.TryRead(_scope, current.Config?.Labels, [current.Name]) is { } there && EngineContainer.Of(current.Id, there).Id == beside.Id;
        IReadOnlyList<ContainerInspect> all = await BesideAsync(beside);
        ContainerInspect? next = all.FirstOrDefault(c => c.Name?.TrimStart('/') == ContainerLabels.RestoringName(_scope, record.Name));
        ContainerInspect? replaced = all.FirstOrDefault(c => c.Name?.TrimStart('/') == ContainerLabels.ReplacedName(_scope, record.Name));
        if (isInPlace || replaced is null)
        {
            // Not decided, or not any more; or the sandbox was removed before it was.
            if (next is not null && (ContainerLabels.TryReadBeside(_scope, next.Config?.Labels, [next.Name])?.Creator?.IsGone == true || DateTimeOffset.UtcNow - next.Created > s_birth))
            {
                await Engine.RemoveContainerAsync(next.Id, cancellationToken);
            }

            if (isInPlace && replaced is not null)
            {
                await Engine.RemoveContainerAsync(replaced.Id, cancellationToken);
            }

            return null;
        }

        ContainerInspect chosen = next ?? replaced;
        EngineContainer container = EngineContainer.Of(chosen.Id, ContainerLabels.TryReadBeside(_scope, chosen.Config?.Labels, [chosen.Name])!);
        if (await TryTakePlaceAsync(container) && next is not null)
        {
            await Engine.RemoveContainerAsync(replaced.Id, cancellationToken);
        }

        return await Engine.InspectContainerAsync(chosen.Id, cancellationToken) is { } inspect ? (Remember(container), inspect) : null;
    }

    /// <summary>Looks at a container that is known from before.</summary>
    /// <exception cref="DockerEngineException">404: it is gone, or was put aside by a restore; whoever asks looks for the sandbox again.</exception>
    private async Task<ContainerInspect> InPlaceAsync(EngineContainer container, CancellationToken cancellationToken) =>
        await Engine.InspectContainerAsync(container.ContainerId, cancellationToken) is { } inspect && !IsAside(container, inspect) ? inspect : throw new DockerEngineException(404, "No such container");

    private bool IsAside(EngineContainer container, ContainerInspect inspect) => inspect.Name?.TrimStart('/') == ContainerLabels.ReplacedName(_scope, container.Record.Name);

    /// <summary>The containers of a sandbox that are not in its place.</summary>
    private async Task<IReadOnlyList<ContainerInspect>> BesideAsync(EngineContainer container)
    {
        var found = new List<ContainerInspect>();
        foreach (string name in new[] { ContainerLabels.RestoringName(_scope, container.Record.Name), ContainerLabels.ReplacedName(_scope, container.Record.Name) })
        {
            if (await Engine.InspectContainerAsync(name, CancellationToken.None) is { } inspect
                && ContainerLabels.TryReadBeside(_scope, inspect.Config?.Labels, [inspect.Name]) is { } record
                && EngineContainer.Of(inspect.Id, record).Id == container.Id)
            {
                found.Add(inspect);
            }
        }

        return found;
    }

    private static SandboxException Removed(Snapshot checkpoint) =>
        new(SandboxErrorId.CheckpointNotFound, $"The checkpoint '{checkpoint.Checkpoint!.Name}' has just been removed.", $"List them: Get-SandboxCheckpoint {checkpoint.Checkpoint.SandboxName}", checkpoint.Checkpoint.Name);
}
