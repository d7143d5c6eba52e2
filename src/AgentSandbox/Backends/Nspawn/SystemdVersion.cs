namespace AgentSandbox.Backends.Nspawn;

/// <summary>systemd's version, from the name of the library that all its programs load: no process has to be started to ask for it.</summary>
internal static class SystemdVersion
{
    private static readonly string[] s_folders = ["/usr/lib/systemd", "/lib/systemd", "/usr/lib/x86_64-linux-gnu/systemd", "/usr/lib/aarch64-linux-gnu/systemd", "/usr/lib64/systemd"];

    /// <summary>The version, such as <c>252</c>, or null when it is not to be found.</summary>
    public static string? Installed { get; } = Find();

    private static string? Find()
    {
        const string Prefix = "libsystemd-shared-";
        return s_folders
            .Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, Prefix + "*.so"))
            .Select(f => Path.GetFileNameWithoutExtension(f)[Prefix.Length..])
            .FirstOrDefault();
    }
}
