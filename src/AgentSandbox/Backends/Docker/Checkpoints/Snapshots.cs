using System.Globalization;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Checkpoints;

/// <summary>
/// The images that are made of sandboxes' containers. One gets its name when it is complete, in one step, and is deleted by losing it; what has no name goes as soon as
/// no container stands on it, by whoever finds it.
/// </summary>
/// <param name="host">The engine.</param>
/// <param name="scope">The state folder's scope.</param>
internal sealed class Snapshots(EngineHost host, string scope)
{
    /// <summary>An image without a name, and without a container, that is older than this is nobody's, wherever its maker was.</summary>
    private static readonly TimeSpan s_birth = TimeSpan.FromMinutes(2);

    private IDockerEngine Engine => host.Engine;

    /// <summary>Lists a sandbox's checkpoints.</summary>
    /// <param name="sandboxId">The sandbox's id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Those that have a name, the oldest first.</returns>
    public async Task<IReadOnlyList<Snapshot>> CheckpointsAsync(string sandboxId, CancellationToken cancellationToken) =>
        [.. (await ListAsync(sandboxId, cancellationToken)).Where(s => s.Checkpoint is not null).OrderBy(s => s.Checkpoint!.Created)];

    /// <summary>Makes an image of a container; a running one is paused meanwhile.</summary>
    /// <param name="container">The container.</param>
    /// <param name="inspect">How it is.</param>
    /// <param name="name">Name of the checkpoint; empty for what a copied sandbox stands on.</param>
    /// <param name="cancellationToken">Cancels; nothing is left then.</param>
    /// <returns>The image, which has no name yet.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.CheckpointFailed"/>: the sandbox ended meanwhile.</exception>
    public async Task<ImageInspect> CommitAsync(EngineContainer container, ContainerInspect inspect, string name, CancellationToken cancellationToken)
    {
        bool runs = inspect.State?.Running == true;
        ImageInspect basis = await Engine.InspectImageAsync(inspect.Image ?? "", cancellationToken)
            ?? throw Failed(container, "The engine does not have the image any more that it was made from.", "Copy what matters out with Copy-SandboxItem.");
        IReadOnlyDictionary<string, string> labels = Snapshot.Labels(scope, container, name, DateTimeOffset.UtcNow, runs, Snapshot.BaseSizeOf(basis));
        string[] changes = ["LABEL " + string.Join(' ', labels.Select(l => $"{l.Key}=\"{l.Value}\""))];
        cancellationToken.ThrowIfCancellationRequested();
        Task<string> committing = Engine.CommitContainerAsync(container.ContainerId, changes, CancellationToken.None);
        try
        {
            await committing.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The engine goes on all the same: what it makes is waited for, to be deleted.
            await Engine.RemoveImageOnlyAsync(await committing, force: false, CancellationToken.None);
            throw;
        }

        string id = await committing;
        try
        {
            ImageInspect image = await Engine.InspectImageAsync(id, cancellationToken) ?? throw Failed(container, "The image that the engine made was removed by somebody at once.", "Try again.");
            if (labels.Any(l => image.Config?.Labels?.GetValueOrDefault(l.Key, "") != l.Value))
            {
                throw Failed(container, "The engine did not give the image the labels that it was told to.", "Update the engine.");
            }

            ContainerState? after = (await Engine.InspectContainerAsync(container.ContainerId, cancellationToken))?.State;
            return runs && (after?.Running != true || after.StartedAt != inspect.State?.StartedAt)
                ? throw Failed(container, "It ended while they were copied.", "Look at its state with Get-AgentSandbox, and try again.")
                : image;
        }
        catch
        {
            await Engine.RemoveImageOnlyAsync(id, force: false, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Gives an image the name of a checkpoint, in one step; the one that had it goes.</summary>
    /// <param name="image">The image.</param>
    /// <param name="sandboxId">The sandbox's id.</param>
    /// <param name="name">The name.</param>
    /// <param name="replaced">The one that has it.</param>
    /// <returns>The checkpoint.</returns>
    public async Task<SandboxCheckpoint> NameAsync(ImageInspect image, string sandboxId, string name, Snapshot? replaced)
    {
        try
        {
            await Engine.TagImageAsync(image.Id, Snapshot.Repository, Snapshot.Tag(scope, sandboxId, name), CancellationToken.None);
        }
        catch
        {
            await Engine.RemoveImageOnlyAsync(image.Id, force: false, CancellationToken.None);
            throw;
        }

        if (replaced is not null)
        {
            await DeleteUnnamedAsync(replaced.ImageId);
        }

        return (await ListAsync(sandboxId, CancellationToken.None)).FirstOrDefault(s => s.ImageId == image.Id)?.Checkpoint
            ?? throw new SandboxException(SandboxErrorId.CheckpointFailed, $"The checkpoint '{name}' was taken, and was removed by somebody at once.", "Try again.", name);
    }

    /// <summary>Takes a checkpoint's name, and deletes it unless something stands on it.</summary>
    /// <param name="snapshot">The checkpoint.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task RemoveAsync(Snapshot snapshot, CancellationToken cancellationToken)
    {
        string? parent = (await Engine.InspectImageAsync(snapshot.ImageId, cancellationToken))?.Parent;
        string reference = $"{Snapshot.Repository}:{Snapshot.Tag(scope, snapshot.SandboxId, snapshot.Checkpoint!.Name)}";
        await Engine.RemoveImageOnlyAsync(reference, force: true, cancellationToken);
        if (await Engine.InspectImageAsync(snapshot.ImageId, CancellationToken.None) is null)
        {
            await DeleteUnnamedAsync(parent);
        }
    }

    /// <summary>Deletes all images of a sandbox that is gone, and those that it stood on.</summary>
    /// <param name="container">Its last container.</param>
    /// <param name="imageId">The image that that one stood on.</param>
    public async Task RemoveAllAsync(EngineContainer container, string? imageId)
    {
        foreach (Snapshot checkpoint in await CheckpointsAsync(container.Id, CancellationToken.None))
        {
            await RemoveAsync(checkpoint, CancellationToken.None);
        }

        await DeleteUnnamedAsync(imageId);
    }

    /// <summary>Deletes an image of ours that has no name, and those below it, up to one that something else stands on. Anybody else's is left alone.</summary>
    /// <param name="imageId">Its id; null or empty is none.</param>
    public async Task DeleteUnnamedAsync(string? imageId)
    {
        while (!string.IsNullOrEmpty(imageId)
            && await Engine.InspectImageAsync(imageId, CancellationToken.None) is { } image
            && Snapshot.IsUnnamed(scope, image)
            && await TryDeleteAsync(imageId))
        {
            imageId = image.Parent;
        }
    }

    /// <summary>Deletes what a killed process left, and what nothing stands on any more.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        // The images first: one whose sandbox is not in a later list of containers has none.
        IReadOnlyList<Snapshot> all = await ListAsync(null, cancellationToken);
        if (all.Count == 0)
        {
            return;
        }

        IReadOnlyList<ContainerSummary> containers = await Engine.ListContainersAsync(ContainerLabels.Filter(scope), cancellationToken);
        HashSet<string> stoodOn = [.. containers.Select(c => c.ImageID).OfType<string>()];
        HashSet<string> sandboxes = [.. containers.SelectMany(c => new[] { c.Id[..EngineContainer.IdLength], c.Labels?.GetValueOrDefault(ContainerLabels.Id) ?? "" })];
        foreach (Snapshot snapshot in all.Where(s => !IsWanted(s, sandboxes)))
        {
            if (snapshot.Checkpoint is not null)
            {
                await RemoveAsync(snapshot, cancellationToken);
            }
            else if (!stoodOn.Contains(snapshot.ImageId))
            {
                await DeleteUnnamedAsync(snapshot.ImageId);
            }
        }
    }

    private static bool IsWanted(Snapshot snapshot, HashSet<string> sandboxes) => snapshot.Checkpoint is not null
        ? sandboxes.Contains(snapshot.SandboxId)
        : snapshot.Creator?.IsGone != true && DateTimeOffset.UtcNow - snapshot.Made < s_birth; // Perhaps just about to get its name, or its container.

    /// <summary>False when something stands on it: whoever removes that deletes it.</summary>
    private async Task<bool> TryDeleteAsync(string imageId)
    {
        try
        {
            await Engine.RemoveImageOnlyAsync(imageId, force: false, CancellationToken.None);
            return true;
        }
        catch (DockerEngineException e) when (e.StatusCode == 409)
        {
            return false;
        }
    }

    private async Task<IReadOnlyList<Snapshot>> ListAsync(string? sandboxId, CancellationToken cancellationToken) =>
        [.. (await Engine.ListImagesAsync(Snapshot.Filter(scope, sandboxId), cancellationToken)).Select(i => Snapshot.TryRead(scope, i)).OfType<Snapshot>()];

    private static SandboxException Failed(EngineContainer container, string why, string action) =>
        new(SandboxErrorId.CheckpointFailed, string.Create(CultureInfo.InvariantCulture, $"The files of the sandbox '{container.Record.Name}' can't be copied. {why}"), action, container.Record.Name);
}
