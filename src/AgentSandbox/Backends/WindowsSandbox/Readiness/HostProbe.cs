using AgentSandbox.Backends.WindowsSandbox.Cli;

namespace AgentSandbox.Backends.WindowsSandbox.Readiness;

/// <summary>Observes the facts. A seam, since they can't be had where tests run.</summary>
internal interface IHostProbe
{
    /// <summary>Looks.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The facts.</returns>
    Task<HostFacts> ProbeAsync(CancellationToken cancellationToken);
}

/// <summary>
/// Three signals that an ordinary user can read; dism and Get-WindowsOptionalFeature ask for elevation only to look. PATH is never searched and no
/// environment variable believed: whoever puts a <c>wsb.exe</c> there would own every sandbox.
/// </summary>
internal sealed class HostProbe(IProgramRunner runner) : IHostProbe
{
    /// <summary>Environment variable that names another <c>wsb.exe</c>, for tests.</summary>
    public const string ProgramVariable = "AGENTSANDBOX_WSB";

    /// <summary>Name of the client's package.</summary>
    public const string PackageFamilyName = "MicrosoftWindows.WindowsSandbox_cw5n1h2txyewy";

    /// <summary>An alias whose package is being serviced can hang; longer than this it is not waited for.</summary>
    public static readonly TimeSpan VersionTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Path of the feature's own program, which is also the older way to start an instance.</summary>
    public static string FeatureProgram => Path.Combine(Environment.SystemDirectory, "WindowsSandbox.exe");

    /// <inheritdoc/>
    public async Task<HostFacts> ProbeAsync(CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable(ProgramVariable) is { Length: > 0 } named)
        {
            bool exists = Path.IsPathFullyQualified(named) && File.Exists(named);
            return new HostFacts
            {
                IsWindows = OperatingSystem.IsWindows(),
                IsNamed = true,
                HasFeatureProgram = exists,
                Alias = exists ? AliasState.Alias : AliasState.Missing,
                IsPackageRegistered = exists,
                Program = exists ? named : null,
                Version = exists ? await VersionAsync(named, cancellationToken) : null,
            };
        }

        if (!OperatingSystem.IsWindows())
        {
            return new HostFacts { IsWindows = false };
        }

        string alias = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "Microsoft", "WindowsApps", "wsb.exe");
        AliasState state = StateOf(alias);
        bool? registered = WindowsFacts.IsPackageRegistered(PackageFamilyName);
        string? program = state == AliasState.Alias && registered != false ? alias : null;
        return new HostFacts
        {
            IsWindows = true,
            Build = Environment.OSVersion.Version.Build,
            IsHome = WindowsFacts.IsHome(),
            HasFeatureProgram = File.Exists(FeatureProgram),
            Alias = state,
            IsPackageRegistered = registered,
            Program = program,
            Version = program is null ? null : await VersionAsync(program, cancellationToken),
        };
    }

    private static AliasState StateOf(string path)
    {
        try
        {
            return (File.GetAttributes(path) & FileAttributes.ReparsePoint) != 0 ? AliasState.Alias : AliasState.PlainFile;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return AliasState.Missing; // What can't be looked at can't be run either.
        }
    }

    private async Task<VersionAnswer> VersionAsync(string program, CancellationToken cancellationToken)
    {
        try
        {
            ProgramResult result = await runner.RunAsync(program, ["--version"], VersionTimeout, cancellationToken);
            return new VersionAnswer(result.ExitCode, result.StandardOutput.Trim());
        }
        catch (TimeoutException)
        {
            return new VersionAnswer(null, TimedOut: true);
        }
        catch (ProgramException e)
        {
            return new VersionAnswer(null, Failure: e.Message);
        }
    }
}
