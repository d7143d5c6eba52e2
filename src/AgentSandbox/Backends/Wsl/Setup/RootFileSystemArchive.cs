namespace AgentSandbox.Backends.Wsl.Setup;

/// <summary>The archive that a user names for the distribution.</summary>
internal static class RootFileSystemArchive
{
    /// <summary>What <c>wsl --import</c> takes.</summary>
    private static readonly string[] s_archives = [".tar", ".tar.gz", ".tgz", ".tar.xz"];

    /// <summary>Looks whether it can be one, before anything is changed.</summary>
    /// <param name="path">What the user named.</param>
    /// <returns>Its absolute path.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.BackendSetupFailed"/>.</exception>
    public static string Check(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw new SandboxException(SandboxErrorId.BackendSetupFailed, "No root file system was named.", WslSetupAdvice.Install, WslBackend.BackendName);
        }

        string full = Path.GetFullPath(path);
        if (!File.Exists(full))
        {
            throw new SandboxException(SandboxErrorId.BackendSetupFailed, $"The root file system '{full}' does not exist.", "Correct the path.", full);
        }

        return s_archives.Any(a => full.EndsWith(a, StringComparison.OrdinalIgnoreCase)) ? full
            : throw new SandboxException(SandboxErrorId.BackendSetupFailed, $"'{full}' is no archive that WSL imports.", $"Give one that ends in {string.Join(", ", s_archives)}.", full);
    }
}
