using System.Globalization;
using System.Text;
using System.Text.Json;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Docker.Checkpoints;

/// <summary>An image that was made of a sandbox's container: a checkpoint, or what a copied sandbox stands on. What is known about it is in its labels, since the engine keeps it.</summary>
/// <param name="ImageId">Id of the image.</param>
/// <param name="SandboxId">The sandbox that it was made of.</param>
/// <param name="BaseSize">Bytes of the image that the sandbox was first made from.</param>
/// <param name="Creator">The process that made it.</param>
/// <param name="Checkpoint">What it is to users; null when it has no name, or has lost it: then it is for as long as a container stands on it.</param>
/// <param name="Made">When the engine made it.</param>
internal sealed record Snapshot(string ImageId, string SandboxId, long BaseSize, Creator? Creator, SandboxCheckpoint? Checkpoint, DateTimeOffset Made)
{
    /// <summary>
    /// Name of the images of checkpoints. With it <c>docker image prune</c> leaves them alone; and it can be neither pulled nor pushed, since no registry can ever have it (RFC 2606).
    /// </summary>
    public const string Repository = "agentsandbox.invalid/checkpoint";

    private const string VersionLabel = "agentsandbox.snapshot";
    private const string SandboxIdLabel = "agentsandbox.snapshot.sandbox-id";
    private const string SandboxNameLabel = "agentsandbox.snapshot.sandbox";
    private const string NameLabel = "agentsandbox.snapshot.name";
    private const string CreatedLabel = "agentsandbox.snapshot.created";
    private const string RunningLabel = "agentsandbox.snapshot.was-running";
    private const string BaseSizeLabel = "agentsandbox.snapshot.base-size";
    private const string CreatorLabel = "agentsandbox.snapshot.creator";
    private const string CurrentVersion = "1";

    /// <summary>Of the image that it stands on, which had another content, and a hash of that.</summary>
    private static readonly string[] s_ofImages = [ContainerLabels.Content, "agentsandbox.image"];

    /// <summary>The tag of a checkpoint.</summary>
    /// <param name="scope">The state folder's scope.</param>
    /// <param name="sandboxId">The sandbox's id.</param>
    /// <param name="name">The checkpoint's name; its case does not matter.</param>
    /// <returns>The tag.</returns>
    public static string Tag(string scope, string sandboxId, string name) => $"{(scope.Length == 0 ? "" : scope + "-")}{sandboxId}-{name.ToLowerInvariant()}";

    /// <summary>Filters of the list of images: ours, in this scope.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="sandboxId">Those of this sandbox only; null is all.</param>
    /// <returns>The filters.</returns>
    public static IReadOnlyList<string> Filter(string scope, string? sandboxId) =>
        [$"{VersionLabel}={CurrentVersion}", $"{ContainerLabels.Scope}={scope}", .. sandboxId is null ? Array.Empty<string>() : [$"{SandboxIdLabel}={sandboxId}"]];

    /// <summary>Labels of a new one. Those that it would inherit from the container and its image are all said, so that it has none of what those say about themselves.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="container">The container.</param>
    /// <param name="name">Name of the checkpoint; empty for what a copied sandbox stands on.</param>
    /// <param name="created">When it is taken.</param>
    /// <param name="wasRunning">The container runs.</param>
    /// <param name="baseSize">As <see cref="BaseSize"/>.</param>
    /// <returns>The labels.</returns>
    public static IReadOnlyDictionary<string, string> Labels(string scope, EngineContainer container, string name, DateTimeOffset created, bool wasRunning, long baseSize)
    {
        var labels = ContainerLabels.OfContainers.Concat(s_ofImages).ToDictionary(label => label, _ => "");
        labels[ContainerLabels.Scope] = scope;
        labels[VersionLabel] = CurrentVersion;
        labels[SandboxIdLabel] = container.Id;
        labels[SandboxNameLabel] = container.Record.Name;
        labels[NameLabel] = name;
        labels[CreatedLabel] = created.ToString("O", CultureInfo.InvariantCulture);
        labels[RunningLabel] = wasRunning ? "true" : "false";
        labels[BaseSizeLabel] = baseSize.ToString(CultureInfo.InvariantCulture);
        // As base64: it has spaces and quotes in it.
        labels[CreatorLabel] = Creator.Current is { } creator ? Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(creator, StateJson.Compact.Creator)) : "";
        return labels;
    }

    /// <summary>Reads an image.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="image">What the engine lists.</param>
    /// <returns>The snapshot, or null when it is somebody else's: then it is never touched.</returns>
    public static Snapshot? TryRead(string scope, ImageSummary image)
    {
        IReadOnlyDictionary<string, string> labels = image.Labels ?? new Dictionary<string, string>();
        if (labels.GetValueOrDefault(VersionLabel) != CurrentVersion
            || labels.GetValueOrDefault(ContainerLabels.Scope) != scope
            || labels.GetValueOrDefault(SandboxIdLabel) is not { } sandboxId
            || !EngineContainer.IsId(sandboxId)
            || labels.GetValueOrDefault(NameLabel) is not { } name
            || labels.GetValueOrDefault(SandboxNameLabel) is not { } sandboxName
            || !long.TryParse(labels.GetValueOrDefault(BaseSizeLabel), NumberStyles.None, CultureInfo.InvariantCulture, out long baseSize)
            || !DateTimeOffset.TryParseExact(labels.GetValueOrDefault(CreatedLabel), "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset created))
        {
            return null;
        }

        bool hasName = SandboxName.IsValid(name) && image.RepoTags?.Contains($"{Repository}:{Tag(scope, sandboxId, name)}") == true;
        SandboxCheckpoint? checkpoint = !hasName ? null : new SandboxCheckpoint
        {
            Name = name,
            SandboxName = sandboxName,
            SandboxId = sandboxId,
            Created = created,
            Size = Math.Max(0, image.Size - baseSize),
            WasRunning = labels.GetValueOrDefault(RunningLabel) == "true",
        };
        return new Snapshot(image.Id, sandboxId, baseSize, ReadCreator(labels.GetValueOrDefault(CreatorLabel)), checkpoint, DateTimeOffset.FromUnixTimeSeconds(image.Created));
    }

    /// <summary>Bytes of the image that a sandbox was first made from, by the image that its container stands on.</summary>
    /// <param name="image">That image.</param>
    public static long BaseSizeOf(ImageInspect image) =>
        image.Config?.Labels?.GetValueOrDefault(VersionLabel) == CurrentVersion && long.TryParse(image.Config.Labels.GetValueOrDefault(BaseSizeLabel), NumberStyles.None, CultureInfo.InvariantCulture, out long size)
            ? size
            : image.Size;

    /// <summary>Tells whether an image is one of ours that has no name, or has lost it.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="image">The image.</param>
    public static bool IsUnnamed(string scope, ImageInspect image) =>
        image.Config?.Labels is { } labels
        && labels.GetValueOrDefault(VersionLabel) == CurrentVersion
        && labels.GetValueOrDefault(ContainerLabels.Scope) == scope
        && image.RepoTags?.Any(t => t != "<none>:<none>") != true;

    private static Creator? ReadCreator(string? text)
    {
        byte[] bytes = new byte[1024];
        if (!Convert.TryFromBase64String(text ?? "", bytes, out int count) || count == 0)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(Encoding.UTF8.GetString(bytes, 0, count), StateJson.Compact.Creator);
        }
        catch (JsonException)
        {
            return null; // Not this product's writing: then its age alone says whether somebody still wants it.
        }
    }
}
