using System.Security.Cryptography;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Images.Build;

namespace AgentSandbox.Backends.Docker.Images;

/// <summary>
/// Brings one of this product's own images to an engine, once: the image there is named by the hash of its content, so an equal one is not
/// imported again, from whatever machine or under whatever name it comes.
/// </summary>
/// <param name="engine">The engine.</param>
internal sealed class ImageImport(IDockerEngine engine)
{
    private const string Repository = "agentsandbox/image";
    private const string ImageLabel = "agentsandbox.image";
    private const string HashFile = "content.sha256";
    private const int TagLength = 32;

    /// <summary>Finds the image on the engine, or imports it.</summary>
    /// <param name="image">The image.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What names it to the engine, and what the engine says about it.</returns>
    public async Task<(string Reference, ImageInspect Image)> EnsureAsync(SandboxImage image, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        string hash = await HashAsync(image, progress, cancellationToken);
        string tag = hash[..TagLength];
        string reference = $"{Repository}:{tag}";
        if (await engine.InspectImageAsync(reference, cancellationToken) is { } there)
        {
            return (reference, there);
        }

        using ChildProgram tar = FolderSource.Start(image.RootPath, IsMadeHere(image));
        var counting = new CountingStream(tar.Output, bytes => progress?.Report(Report(image, "importing it into the engine", bytes)));
        await engine.ImportImageAsync(counting, Repository, tag, [$"LABEL {ContainerLabels.Content}={hash} {ImageLabel}={image.Name}"], cancellationToken);
        await FolderSource.FinishAsync(tar, image.RootPath, cancellationToken);
        await SweepAsync(image, tag, cancellationToken);
        return await engine.InspectImageAsync(reference, cancellationToken) is { } imported
            ? (reference, imported)
            : throw new SandboxException(SandboxErrorId.ImageNotFound, $"The image '{image.Name}' was imported into the engine, and was removed by somebody at once.", "Try again.", image.Name);
    }

    /// <summary>The built-in image is made anew on each machine, in each state folder and after each update: only what is in it counts, not when that was made.</summary>
    private static bool IsMadeHere(SandboxImage image) => image.HostBinds.Count > 0;

    /// <summary>Earlier states of the built-in image serve nobody any more, but for the sandboxes that stand on them.</summary>
    private async Task SweepAsync(SandboxImage image, string tag, CancellationToken cancellationToken)
    {
        if (!IsMadeHere(image))
        {
            return;
        }

        foreach (ImageSummary old in await engine.ListImagesAsync([ContainerLabels.Content, $"{ImageLabel}={image.Name}"], cancellationToken))
        {
            foreach (string reference in (old.RepoTags ?? []).Where(t => t.StartsWith(Repository + ":", StringComparison.Ordinal) && !t.EndsWith(tag, StringComparison.Ordinal)))
            {
                try
                {
                    await engine.RemoveImageAsync(reference, cancellationToken);
                }
                catch (DockerEngineException e) when (e.StatusCode == 409)
                {
                    // A sandbox stands on it; the next sweep may get it.
                }
            }
        }
    }

    /// <summary>The hash is kept beside the image, which never changes: reading all of it again costs seconds.</summary>
    private static async Task<string> HashAsync(SandboxImage image, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        string file = Path.Combine(Path.GetDirectoryName(image.RootPath)!, HashFile);
        if (File.Exists(file) && await File.ReadAllTextAsync(file, cancellationToken) is { Length: 64 } kept && kept.All(char.IsAsciiHexDigitLower))
        {
            return kept;
        }

        using ChildProgram tar = FolderSource.Start(image.RootPath, IsMadeHere(image));
        var counting = new CountingStream(tar.Output, bytes => progress?.Report(Report(image, "reading it", bytes)));
        string hash = Convert.ToHexString(await SHA256.HashDataAsync(counting, cancellationToken)).ToLowerInvariant();
        await FolderSource.FinishAsync(tar, image.RootPath, cancellationToken);
        string temporary = $"{file}.{Guid.NewGuid():N}.tmp";
        await File.WriteAllTextAsync(temporary, hash, cancellationToken);
        File.Move(temporary, file, overwrite: true);
        return hash;
    }

    private static SandboxProgress Report(SandboxImage image, string what, long bytes) =>
        new($"Image {image.Name}", $"{what}, {ByteSize.Format(bytes)}", image.Size > 0 ? (int)Math.Min(99, bytes * 100 / image.Size) : -1);
}
