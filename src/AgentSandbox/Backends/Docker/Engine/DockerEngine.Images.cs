using AgentSandbox.Backends.Docker.Engine.Endpoint;
using AgentSandbox.Backends.Docker.Engine.Http;
using AgentSandbox.Backends.Docker.Engine.Images;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine;

/// <content>Images.</content>
internal sealed partial class DockerEngine
{
    private const int LineBuffer = 16 * 1024;

    /// <inheritdoc/>
    public async Task<ImageInspect?> InspectImageAsync(string reference, CancellationToken cancellationToken) => IsImageName(reference)
        ? await TryReadAsync(EngineCall.Get($"/images/{EnginePath.Image(reference)}/json"), EngineJson.Default.ImageInspect, cancellationToken)
        : null;

    /// <inheritdoc/>
    public async Task PullImageAsync(string reference, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        string shown = EngineText.OneLine(reference);
        ImageReference image = ImageReference.TryParse(reference) ?? throw new SandboxException(
            SandboxErrorId.ImagePullFailed, $"'{shown}' is no name of an image in a registry.", "Write it as name, name:tag or registry/path:tag; the name is in lower case.", reference);
        CredentialHelper helper = new(_cli.Variable("PATH"));
        FoundCredentials credentials = await new RegistryCredentials(DockerCliConfig.Load(_cli), helper.GetAsync).FindAsync(image, cancellationToken);
        EngineCall call = EngineCall.Post($"/images/create?fromImage={EnginePath.Value(image.Name)}&tag={EnginePath.Value(image.TagOrDigest)}") with
        {
            RegistryAuth = credentials.Auth?.ToHeader(),
            Bound = Timeout.InfiniteTimeSpan,
        };
        PullProgress folded = new(shown);
        SandboxProgress? last = null;
        try
        {
            await ReadLinesAsync(call, line =>
            {
                if (line.Failure is { } failure)
                {
                    throw new DockerEngineException(0, EngineText.OneLine(failure));
                }

                if (folded.Add(line) is { } next && next != last)
                {
                    progress?.Report(last = next);
                }
            }, cancellationToken);
        }
        catch (DockerEngineException e)
        {
            string hint = credentials.Problem is null ? "" : $" Note: {credentials.Problem}.";
            throw new SandboxException(
                SandboxErrorId.ImagePullFailed, $"The image {shown} can't be pulled: {e.Message.TrimEnd('.')}.{hint}",
                $"Check the name, that the engine's machine reaches {image.Registry}, and 'docker login' if the image is private.", reference, e);
        }

        progress?.Report(folded.Complete());
    }

    /// <inheritdoc/>
    public async Task<string> ImportImageAsync(Stream tar, string repository, string tag, IReadOnlyList<string> changes, CancellationToken cancellationToken)
    {
        string query = string.Concat(changes.Select(c => $"&changes={EnginePath.Value(c)}"));
        // The tag twice: Docker takes the second one, Podman only the first.
        EngineCall call = EngineCall.Post($"/images/create?fromSrc=-&repo={EnginePath.Value($"{repository}:{tag}")}&tag={EnginePath.Value(tag)}{query}") with
        {
            Upload = tar,
            Bound = Timeout.InfiniteTimeSpan,
        };
        string? id = null;
        await ReadLinesAsync(call, line =>
        {
            if (line.Failure is { } failure)
            {
                throw new DockerEngineException(0, EngineText.OneLine(failure));
            }

            id = line.Status is { } status && status.StartsWith("sha256:", StringComparison.Ordinal) && ImageReference.IsId(status) ? status : id;
        }, cancellationToken);
        return id ?? throw EngineErrors.Nonsense("an import ended without the image's id");
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ImageSummary>> ListImagesAsync(IReadOnlyList<string> labels, CancellationToken cancellationToken) =>
        await ReadAsync(EngineCall.Get($"/images/json?all=0{LabelFilter(labels)}"), EngineJson.Default.ListImageSummary, cancellationToken);

    /// <inheritdoc/>
    public async Task<string> CommitContainerAsync(string id, IReadOnlyList<string> changes, CancellationToken cancellationToken)
    {
        string query = string.Concat(changes.Select(c => $"&changes={EnginePath.Value(c)}"));
        EngineCall call = EngineCall.Post($"/commit?container={EnginePath.Value(id)}&pause=1{query}") with { Bound = Timeout.InfiniteTimeSpan };
        string image = (await ReadAsync(call, EngineJson.Default.ContainerCreated, cancellationToken)).Id;
        string full = image.Contains(':', StringComparison.Ordinal) ? image : "sha256:" + image; // Podman leaves the algorithm out.
        return ImageReference.IsId(full) ? full : throw EngineErrors.Nonsense("a commit ended without the image's id");
    }

    /// <inheritdoc/>
    public Task TagImageAsync(string imageId, string repository, string tag, CancellationToken cancellationToken) =>
        RunAsync(EngineCall.Post($"/images/{EnginePath.Image(imageId)}/tag?repo={EnginePath.Value(repository)}&tag={EnginePath.Value(tag)}"), cancellationToken);

    /// <inheritdoc/>
    public Task RemoveImageAsync(string reference, CancellationToken cancellationToken) => DeleteImageAsync(reference, "", cancellationToken);

    /// <inheritdoc/>
    public Task RemoveImageOnlyAsync(string reference, bool force, CancellationToken cancellationToken) =>
        DeleteImageAsync(reference, force ? "?noprune=1&force=1" : "?noprune=1", cancellationToken);

    private async Task DeleteImageAsync(string reference, string query, CancellationToken cancellationToken)
    {
        if (!IsImageName(reference))
        {
            return;
        }

        try
        {
            await RunAsync(new EngineCall(HttpMethod.Delete, $"/images/{EnginePath.Image(reference)}{query}") { Bound = EngineCall.Slow }, cancellationToken);
        }
        catch (DockerEngineException e) when (e.StatusCode == 404)
        {
            // Gone already is what was asked for.
        }
    }

    // No image can have another name; in the path of a call it could make it another call.
    private static bool IsImageName(string reference) => ImageReference.IsId(reference) || ImageReference.TryParse(reference) is not null;

    private Task<bool> ReadLinesAsync(EngineCall call, Action<ProgressLine> each, CancellationToken cancellationToken) =>
        VersionedAsync(call, prefix => _http.SendAsync(call, prefix, async (response, token) =>
        {
            using Stream stream = await response.Content.ReadAsStreamAsync(token);
            JsonLineReader<ProgressLine> lines = new(EngineJson.Default.ProgressLine);
            byte[] buffer = new byte[LineBuffer];
            for (int count; (count = await stream.ReadAsync(buffer, token)) > 0;)
            {
                lines.Feed(buffer.AsSpan(0, count), each);
            }

            lines.Complete(each);
            return true;
        }, cancellationToken), cancellationToken);
}
