using AgentSandbox.State;

namespace AgentSandbox;

/// <summary>
/// What a user wants of each new sandbox where nothing else is said: a specification file, <c>agentsandbox/defaults.json</c> below <c>$XDG_CONFIG_HOME</c> or
/// <c>~/.config</c> (XDG Base Directory Specification), on Windows <c>%APPDATA%\AgentSandbox\defaults.json</c>. Parameters go before it; a specification file is used
/// without it, so that it means the same on every machine.
/// </summary>
public sealed class SandboxDefaults
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private SandboxDefaults(string? path, SandboxSpecification specification)
    {
        FilePath = path;
        Specification = specification;
        Names = [.. SpecificationWriter.Said(specification)];
    }

    /// <summary>Path of the file, which need not exist; null where this user has no folder for it, as a service without <c>$HOME</c>.</summary>
    public string? FilePath { get; }

    /// <summary>The defaults; what is not said is left to the backend.</summary>
    public SandboxSpecification Specification { get; }

    /// <summary>Names of the properties of <see cref="Specification"/> that are said.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Names of all properties that can have a default.</summary>
    public static IReadOnlyList<string> AllNames { get; } = [.. SpecificationReader.Keys.Where(key => key is not "$schema" and not nameof(SandboxSpecification.Name))];

    /// <summary>The name that was probably meant.</summary>
    /// <param name="name">What was written.</param>
    public static string Nearest(string name) => NearestName.Find(name, AllNames);

    /// <summary>Reads the user's defaults.</summary>
    /// <returns>The defaults; none are said where there is no file.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.DefaultsFailed"/>: the file is somebody else's to write; <see cref="SandboxErrorId.InvalidSpecificationFile"/>.</exception>
    public static SandboxDefaults Read() => Read(StandardPath());

    /// <summary>Changes some and keeps the others.</summary>
    /// <param name="change">Gets the defaults that there are, and gives the new ones.</param>
    /// <returns>The new defaults.</returns>
    /// <exception cref="SandboxException">As above; or the new ones are not valid, and nothing is changed.</exception>
    public static SandboxDefaults Change(Func<SandboxSpecification, SandboxSpecification> change) => Change(StandardPath(), change);

    internal static SandboxDefaults Read(string? path)
    {
        if (path is null || DefaultsFile.TryRead(path) is not { } content)
        {
            return new(path, new());
        }

        SandboxSpecification specification = SpecificationFile.Parse(content, path);
        return specification.Name is null ? new(path, specification) : throw Failed(path, "A name can be no default: it belongs to one sandbox.", "Remove the key Name from it.");
    }

    internal static SandboxDefaults Change(string? path, Func<SandboxSpecification, SandboxSpecification> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (path is null)
        {
            throw Failed(null, "This user has no folder for settings.", OperatingSystem.IsWindows() ? "Set APPDATA." : "Set HOME or XDG_CONFIG_HOME to an absolute path.");
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using FileLock? turn = FileLock.TakeAsync(path + ".lock", s_patience, CancellationToken.None).GetAwaiter().GetResult();
            if (turn is null)
            {
                throw Failed(path, "Another process keeps it locked.", "Try again.");
            }

            SandboxDefaults changed = new(path, change(Read(path).Specification) with { Name = null });

            // Where the sources are, and whether a backend is there, may be another tomorrow; that a value can be one at all may not.
            SpecificationValidator.Throw([.. SpecificationValidator.Validate(changed.Specification, sourcesAreHere: false)], path);
            if (changed.Names.Count == 0)
            {
                File.Delete(path);
            }
            else
            {
                SpecificationFile.Write(changed.Specification, path, replace: true, isPrivate: true);
            }

            return changed;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Failed(path, error.Message, "Check the folder and its permissions.", error);
        }
    }

    /// <summary>Makes the error.</summary>
    internal static SandboxException Failed(string? path, string reason, string action, Exception? inner = null) =>
        new(SandboxErrorId.DefaultsFailed, path is null ? reason : $"The defaults in '{path}' can't be used: {reason}", action, path, inner);

    private static string? StandardPath()
    {
        if (OperatingSystem.IsWindows())
        {
            string data = Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData);
            return data.Length > 0 ? Path.Combine(data, "AgentSandbox", "defaults.json") : null;
        }

        // Relative paths there are to be ignored, says the specification.
        string? folder = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME") is { } named && Path.IsPathRooted(named) ? named
            : Environment.GetEnvironmentVariable("HOME") is { } home && Path.IsPathRooted(home) ? Path.Combine(home, ".config")
            : null;
        return folder is null ? null : Path.Combine(folder, "agentsandbox", "defaults.json");
    }
}
