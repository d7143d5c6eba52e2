using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Engine;

/// <summary>
/// A system call profile as Podman takes one: Docker's API carries the profile itself, Podman's the path of a file, which it reads while the container
/// is created and never again. The file is this process's own, in a folder that nobody else can write.
/// </summary>
internal sealed class PodmanProfile : IDisposable
{
    private const string Prefix = "seccomp=";
    private readonly string _folder = Directory.CreateTempSubdirectory("agentsandbox-profile-").FullName;

    private PodmanProfile(ContainerCreate request, HostConfig hostConfig)
    {
        Request = request with
        {
            HostConfig = hostConfig with { SecurityOpt = [.. (hostConfig.SecurityOpt ?? []).Select(o => IsProfile(o) ? Prefix + Write(o[Prefix.Length..]) : o)] },
        };
    }

    /// <summary>The request with the path.</summary>
    public ContainerCreate Request { get; }

    /// <summary>Writes the profile of a request, if it has one.</summary>
    /// <param name="request">The request.</param>
    /// <returns>The file, to be disposed of when the container has been created; or null.</returns>
    public static PodmanProfile? Of(ContainerCreate request) =>
        request.HostConfig is { } config && config.SecurityOpt?.Any(IsProfile) == true ? new PodmanProfile(request, config) : null;

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static bool IsProfile(string option) => option.StartsWith(Prefix + "{", StringComparison.Ordinal);

    private string Write(string profile)
    {
        string file = Path.Combine(_folder, "profile.json");
        File.WriteAllText(file, profile);
        return file;
    }
}
