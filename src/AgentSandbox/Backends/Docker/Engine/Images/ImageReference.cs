using System.Text.RegularExpressions;

namespace AgentSandbox.Backends.Docker.Engine.Images;

/// <summary>Name of an image, taken apart and completed as github.com/distribution/reference does: <c>[registry/]path[:tag][@digest]</c>.</summary>
/// <param name="Registry">Host, and port where there is one; <c>docker.io</c> when none is given.</param>
/// <param name="Path">Repository in it; Docker Hub's own are in <c>library/</c>.</param>
/// <param name="Tag">The tag; <c>latest</c> when neither tag nor digest is given, null when only a digest is.</param>
/// <param name="Digest">Such as <c>sha256:...</c>, or null.</param>
internal sealed partial record ImageReference(string Registry, string Path, string? Tag, string? Digest)
{
    /// <summary>Docker Hub.</summary>
    public const string DockerHub = "docker.io";

    private const int MaxNameLength = 255;

    /// <summary>Registry and path, complete.</summary>
    public string Name => $"{Registry}/{Path}";

    /// <summary>What a pull asks for: the digest where there is one, since it says more than the tag.</summary>
    public string TagOrDigest => Digest ?? Tag!;

    /// <summary>Key under which the docker command line keeps credentials.</summary>
    public string CredentialKey => Registry == DockerHub ? "https://index.docker.io/v1/" : Registry;

    /// <summary>Reads a name.</summary>
    /// <param name="text">As the user wrote it.</param>
    /// <returns>The name, or null when it is none.</returns>
    public static ImageReference? TryParse(string text)
    {
        Match match = text.Length <= 1024 ? Shape().Match(text) : Match.Empty;
        // An id in place of a name would be looked for in a registry, where there are none.
        if (!match.Success || Hex64().IsMatch(text))
        {
            return null;
        }

        string name = match.Groups["name"].Value;
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? "" : name[..slash];
        bool hasRegistry = first.AsSpan().IndexOfAny('.', ':') >= 0 || first == "localhost" || first.Any(char.IsAsciiLetterUpper);
        string registry = hasRegistry ? first : DockerHub;
        string path = hasRegistry ? name[(slash + 1)..] : name;
        registry = registry == "index.docker.io" ? DockerHub : registry;
        path = registry == DockerHub && !path.Contains('/') ? $"library/{path}" : path;
        string? tag = match.Groups["tag"] is { Success: true } t ? t.Value : null;
        string? digest = match.Groups["digest"] is { Success: true } d ? d.Value : null;
        return RegistryShape().IsMatch(registry) && PathShape().IsMatch(path) && registry.Length + 1 + path.Length <= MaxNameLength
            ? new(registry, path, tag ?? (digest is null ? "latest" : null), digest)
            : null;
    }

    /// <summary>Whether a text is the id of an image, or the beginning of one.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsId(string text) => Id().IsMatch(text);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}{(Tag is null ? "" : $":{Tag}")}{(Digest is null ? "" : $"@{Digest}")}";

    [GeneratedRegex(@"\A(?<name>[A-Za-z0-9\[][A-Za-z0-9._:/\-\[\]]*?)(:(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(@(?<digest>[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,256}))?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();

    [GeneratedRegex(@"\A(([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])(\.([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]))*|\[[0-9a-fA-F:]+\])(:[0-9]{1,5})?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex RegistryShape();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PathShape();

    [GeneratedRegex(@"\A[0-9a-f]{64}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Hex64();

    [GeneratedRegex(@"\A(sha256:)?[0-9a-f]{1,64}\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Id();
}
