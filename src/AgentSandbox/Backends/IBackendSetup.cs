namespace AgentSandbox.Backends;

/// <summary>A backend that this product can make ready itself. Asked through <see cref="SandboxManager"/>; each step is said before it is taken.</summary>
internal interface IBackendSetup
{
    /// <summary>What <see cref="EnableAsync"/> would do, in words and as the command line that it runs, for <c>-WhatIf</c>. Changes nothing.</summary>
    /// <returns>The step; null when nothing is to be done, or enabling does not apply to this backend.</returns>
    BackendSetupStep? PlanEnable();

    /// <summary>What <see cref="InstallAsync"/> would do. Changes nothing.</summary>
    /// <param name="options">What the user asked for.</param>
    /// <returns>The step; null when installing does not apply to this backend.</returns>
    BackendSetupStep? PlanInstall(BackendInstallOptions options);

    /// <summary>Switches a feature of the operating system on, elevated.</summary>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>How it went.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ElevationRequired"/>, <see cref="SandboxErrorId.ElevationDeclined"/> or <see cref="SandboxErrorId.BackendSetupFailed"/>.</exception>
    Task<BackendSetupResult> EnableAsync(IProgress<SandboxProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Puts in place what the backend runs in, such as a distribution of its own.</summary>
    /// <param name="options">What the user asked for.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels, and removes what there was of it.</param>
    /// <returns>How it went.</returns>
    /// <exception cref="SandboxException">Nothing is left of the attempt.</exception>
    Task<BackendSetupResult> InstallAsync(BackendInstallOptions options, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken);

    /// <summary>Takes away what <see cref="InstallAsync"/> put in place, with every sandbox in it.</summary>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>How it went.</returns>
    Task<BackendSetupResult> UninstallAsync(IProgress<SandboxProgress>? progress, CancellationToken cancellationToken);
}

/// <summary>One step of making a backend ready.</summary>
/// <param name="Description">What it does, in a sentence.</param>
/// <param name="CommandLine">The command line that does it, as a user would type it.</param>
/// <param name="NeedsElevation">It asks for an administrator's rights.</param>
public sealed record BackendSetupStep(string Description, string CommandLine, bool NeedsElevation);

/// <summary>What <c>Install-SandboxBackend</c> was asked for.</summary>
public sealed record BackendInstallOptions
{
    /// <summary>Archive of the root file system to import (.tar, .tar.gz, .tar.xz); null where the backend has a way of its own.</summary>
    public string? RootFileSystem { get; init; }

    /// <summary>Folder for its disk; null is below the state folder.</summary>
    public string? Location { get; init; }

    /// <summary>Replaces what is installed, with every sandbox in it.</summary>
    public bool Force { get; init; }
}

/// <summary>How making a backend ready went.</summary>
public sealed record BackendSetupResult
{
    /// <summary>Name of the backend.</summary>
    public required string Backend { get; init; }

    /// <summary>What was done, in a sentence.</summary>
    public required string Action { get; init; }

    /// <summary>Windows has to be restarted before the backend can be used.</summary>
    public bool RestartRequired { get; init; }

    /// <summary>What was checked afterwards, one line each.</summary>
    public IReadOnlyList<string> Checks { get; init; } = [];

    /// <summary>The backend as it is now.</summary>
    public required BackendInfo Info { get; init; }
}
