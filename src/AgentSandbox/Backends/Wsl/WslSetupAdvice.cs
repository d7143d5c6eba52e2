namespace AgentSandbox.Backends.Wsl;

/// <summary>What a user is told to type.</summary>
internal static class WslSetupAdvice
{
    /// <summary>WSL itself is missing.</summary>
    public const string Enable = "Install WSL: Enable-SandboxBackend Wsl, or in a PowerShell started as administrator: wsl --install --no-distribution. Then restart Windows.";

    /// <summary>WSL is too old.</summary>
    public const string Update = "Update WSL: wsl --update";

    /// <summary>Our distribution is missing.</summary>
    public const string Install = "Import one: Install-SandboxBackend Wsl -RootFileSystem <archive of a Debian root file system>. docs/wsl.md says how to get one.";

    /// <summary>Our distribution is not whole.</summary>
    public const string Repair = "Import it anew: Install-SandboxBackend Wsl -RootFileSystem <archive> -Force.";
}
