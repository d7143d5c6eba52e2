namespace AgentSandbox.Backends.Wsl.Setup;

/// <summary>The files that make a root file system our distribution.</summary>
internal static class DistributionHardening
{
    /// <summary>Holds the id of our import: what proves that a distribution is ours.</summary>
    public const string MarkerPath = "/etc/agentsandbox-distribution";

    /// <summary>Read by WSL when it starts the distribution.</summary>
    public const string ConfigurationPath = "/etc/wsl.conf";

    /// <summary>No drive of Windows, no program of Windows, nothing of Windows' PATH.</summary>
    public const string Configuration = """
        # Written by AgentSandbox.PowerShell; written again by each install. docs/wsl.md says what each line cuts.
        [boot]
        systemd=true

        [automount]
        enabled=false
        mountFsTab=false

        [interop]
        enabled=false
        appendWindowsPath=false

        [user]
        default=root

        """;
}
