using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Images;

namespace AgentSandbox.Backends.Docker.Images;

/// <summary>Sees to it that the engine has the image of a sandbox: its own, pulled when it is missing, or one of this product's, imported on first use.</summary>
/// <param name="host">The engine.</param>
/// <param name="store">This product's own images; of two images with one name it is the one here.</param>
internal sealed class EngineImages(EngineHost host, ImageStore store)
{
    /// <summary>Unlikely to be anybody of the engine's machine; what distroless images call <c>nonroot</c>.</summary>
    private const string NonRoot = "65532:65532";

    /// <summary>Where a user without an entry in passwd(5) can write.</summary>
    private const string NonRootHome = "/tmp";

    private const int MaxReference = 512;

    /// <summary>Finds the exact name of an image, without asking the engine.</summary>
    /// <param name="specification">The specification.</param>
    /// <param name="problems">Receives what is wrong with the name.</param>
    /// <returns>The specification with that name.</returns>
    public SandboxSpecification Resolve(SandboxSpecification specification, ICollection<SpecificationProblem> problems)
    {
        try
        {
            if (TryOwn(specification.Image) is { } own)
            {
                return specification with { Image = own.Name };
            }
        }
        catch (SandboxException e)
        {
            problems.Add(new(e.ErrorId, "Image", e.Message, e.ErrorId == SandboxErrorId.RootRequired ? "Name an image that the engine has or can pull with -Image; or run as root, whose this machine's own images are." : e.RecommendedAction));
            return specification;
        }

        if (string.Equals(specification.Image, SandboxSpecification.HostImage, StringComparison.OrdinalIgnoreCase))
        {
            // Never left to the engine: it would pull whatever somebody has published under that name.
            problems.Add(new(SandboxErrorId.ImageNotCompatible, "Image", $"The image '{SandboxSpecification.HostImage}' is a Linux machine's /usr, and this is none.", "Name an image that the engine has or can pull, such as -Image debian:stable-slim."));
        }
        else if (!IsReference(specification.Image))
        {
            problems.Add(new(SandboxErrorId.ImageNotFound, "Image", $"'{SandboxName.Printable(specification.Image)}' is no name of an image.", "Write it as docker does: name, name:tag, name@digest or an id."));
        }

        return specification;
    }

    /// <summary>Brings the image to the engine, if it is not there.</summary>
    /// <param name="specification">The specification, resolved.</param>
    /// <param name="facts">The engine.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The image.</returns>
    public async Task<EngineImage> EnsureAsync(SandboxSpecification specification, EngineFacts facts, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        if (facts.Ping.OSType == "linux" && TryOwn(specification.Image) is { } own)
        {
            if (own.HostBinds.Count > 0 && !facts.IsLocal)
            {
                throw new SandboxException(
                    SandboxErrorId.ImageNotCompatible,
                    $"The image '{own.Name}' is this machine's /usr, which the engine at {host.Engine.Endpoint.Address} does not see.",
                    "Name an image that the engine has or can pull, such as -Image debian:stable-slim.",
                    own.Name);
            }

            (string reference, ImageInspect image) = await new ImageImport(host.Engine).EnsureAsync(own, progress, cancellationToken);
            bool isHost = own.HostBinds.Count > 0;
            return new EngineImage(reference, image, own.HostBinds, isHost ? "1000:1000" : NonRoot, isHost ? null : NonRootHome);
        }

        ImageInspect? inspect = await host.Engine.InspectImageAsync(specification.Image, cancellationToken);
        if (inspect is null)
        {
            if (specification.NoPull)
            {
                throw new SandboxException(SandboxErrorId.ImagePullFailed, $"The engine has no image '{specification.Image}', and -NoPull says not to pull it.", $"Pull it (docker pull {specification.Image}), or leave -NoPull out.", specification.Image);
            }

            await host.Engine.PullImageAsync(specification.Image, progress, cancellationToken);
            inspect = await host.Engine.InspectImageAsync(specification.Image, cancellationToken)
                ?? throw new SandboxException(SandboxErrorId.ImageNotFound, $"The image '{specification.Image}' was pulled, and was removed by somebody at once.", "Try again.", specification.Image);
        }

        return new EngineImage(specification.Image, inspect, [], NonRoot, NonRootHome);
    }

    /// <summary>An image that was made of a sandbox's container, to stand in for the sandbox's own.</summary>
    /// <param name="specification">The sandbox's.</param>
    /// <param name="image">The image.</param>
    /// <returns>The image; its users are not asked for, since the record has them.</returns>
    public EngineImage Committed(SandboxSpecification specification, ImageInspect image) =>
        new(image.Id, image, TryOwn(specification.Image)?.HostBinds ?? [], NonRoot, null);

    private SandboxImage? TryOwn(string name)
    {
        if (!OperatingSystem.IsLinux() || !SandboxName.IsValid(name))
        {
            return null;
        }

        try
        {
            return store.Get(name);
        }
        catch (SandboxException e) when (!string.Equals(name, SandboxSpecification.HostImage, StringComparison.OrdinalIgnoreCase)
            && e.ErrorId is SandboxErrorId.ImageNotFound or SandboxErrorId.RootRequired)
        {
            return null; // Not one of ours, or of ours but not this user's: then it is the engine's.
        }
    }

    private static bool IsReference(string text) =>
        text.Length is > 0 and <= MaxReference
        && char.IsAsciiLetterOrDigit(text[0])
        && !text.Contains("..", StringComparison.Ordinal)
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/' or ':' or '@');
}
