namespace AgentSandbox.Backends.Docker.Engine.Endpoint;

/// <summary>What the docker command line's set-up is read from, so that tests can give another.</summary>
internal sealed record DockerCliSurroundings
{
    // The largest that belongs there is a config.json with some hundred registries.
    private const int MaxFile = 16 * 1024 * 1024;

    /// <summary>Value of an environment variable; null when it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Content of a file; null when it does not exist. Another failure is an <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public required Func<string, byte[]?> ReadFile { get; init; }

    /// <summary>The user's home folder; null or empty when there is none.</summary>
    public required string? Home { get; init; }

    /// <summary>Whether this is Windows.</summary>
    public required bool IsWindows { get; init; }

    /// <summary>This process's.</summary>
    public static DockerCliSurroundings Current { get; } = new()
    {
        Variable = Environment.GetEnvironmentVariable,
        ReadFile = Read,
        Home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
        IsWindows = OperatingSystem.IsWindows(),
    };

    /// <summary>Folder of the docker command line's files: <c>DOCKER_CONFIG</c>, else <c>.docker</c> in the home folder; null when there is neither.</summary>
    public string? ConfigFolder => Variable("DOCKER_CONFIG") is { Length: > 0 } folder ? folder : string.IsNullOrEmpty(Home) ? null : Path.Combine(Home, ".docker");

    private static byte[]? Read(string path)
    {
        try
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            if (file.Length > MaxFile)
            {
                throw new IOException($"It is longer than {MaxFile / 1024 / 1024} MiB.");
            }

            byte[] bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}
