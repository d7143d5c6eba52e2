using System.Security.Cryptography;
using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.Provider;
using AgentSandbox.Backends.Wsl.Readiness;
using AgentSandbox.Backends.Wsl.State;
using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.Connection;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Wsl.Setup;

/// <summary>
/// Imports, hardens, checks and unregisters the distribution. One that it did not import itself is never changed: the id of an import is stored before it, and
/// written into the distribution after it.
/// </summary>
/// <param name="cli">The way to wsl.exe.</param>
/// <param name="state">What is known about the distribution.</param>
/// <param name="check">Has the distribution check itself.</param>
/// <param name="look">Looks at WSL anew.</param>
internal sealed class WslSetup(IWslCli cli, WslState state, DistributionCheck check, Func<WslFacts> look)
{
    private const string Activity = "Installing the distribution for sandboxes";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_importPatience = TimeSpan.FromMinutes(30);

    /// <summary>After --terminate WSL needs up to eight seconds until a new start reads /etc/wsl.conf.</summary>
    private static readonly TimeSpan s_eightSeconds = TimeSpan.FromSeconds(10);

    /// <summary>See <see cref="IBackendSetup.PlanEnable"/>.</summary>
    public static BackendSetupStep? PlanEnable(WslFacts facts) => !facts.IsExpected ? throw NeedsWindows()
        : WslReadiness.OfWsl(facts) is null ? null
        : new BackendSetupStep("Installs WSL and switches on the features of Windows that it needs. Windows must be restarted afterwards.", "wsl " + string.Join(' ', ElevatedWsl.Arguments), NeedsElevation: true);

    /// <summary>See <see cref="IBackendSetup.PlanInstall"/>.</summary>
    public BackendSetupStep PlanInstall(BackendInstallOptions options) => new(
        $"{(options.Force ? $"Replaces the distribution '{state.DistributionName}', if this product imported it, with all sandboxes in it. " : "")}Imports '{state.DistributionName}' into WSL, puts agentsandbox into it, cuts its ways to Windows, and checks that they are cut.",
        "wsl " + string.Join(' ', ImportArguments(options.RootFileSystem ?? "<archive>", options.Location ?? state.DefaultLocation)),
        NeedsElevation: false);

    /// <summary>See <see cref="IBackendSetup.EnableAsync"/>.</summary>
    public static async Task<SetupReport> EnableAsync(WslFacts facts, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        if (PlanEnable(facts) is null)
        {
            return new SetupReport("Nothing: WSL is installed already.", []);
        }

        if (!OperatingSystem.IsWindows())
        {
            throw NeedsWindows();
        }

        progress?.Report(new SandboxProgress("Installing WSL", "wsl --install --no-distribution"));
        return await ElevatedWsl.RunAsync(cancellationToken);
    }

    /// <summary>See <see cref="IBackendSetup.InstallAsync"/>.</summary>
    public async Task<SetupReport> InstallAsync(BackendInstallOptions options, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        string archive = RootFileSystemArchive.Check(options.RootFileSystem);
        _ = WslPrograms.Fingerprint(); // Missing programs are an error before anything is made.
        WslFacts facts = look();
        if (WslReadiness.OfWsl(facts) is { } missing)
        {
            throw new SandboxException(SandboxErrorId.BackendNotAvailable, missing.Reason!, missing.RecommendedAction!, WslBackend.BackendName);
        }

        if (Find(facts) is not null)
        {
            await MakeRoomAsync(facts, options.Force, progress, cancellationToken);
        }

        var record = new WslRecord
        {
            Id = Convert.ToHexString(RandomNumberGenerator.GetBytes(16)).ToLowerInvariant(),
            Name = state.DistributionName,
            Location = Path.GetFullPath(options.Location ?? state.DefaultLocation),
        };
        state.Forget();
        state.Write(record);
        try
        {
            return await ImportAsync(record, archive, progress, cancellationToken);
        }
        catch (Exception failure)
        {
            await UndoAsync(record, failure);
            throw;
        }
    }

    /// <summary>See <see cref="IBackendSetup.UninstallAsync"/>.</summary>
    public async Task<SetupReport> UninstallAsync(IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        WslFacts facts = look();
        if (WslReadiness.OfWsl(facts) is { } missing)
        {
            throw new SandboxException(SandboxErrorId.BackendNotAvailable, missing.Reason!, missing.RecommendedAction!, WslBackend.BackendName);
        }

        if (Find(facts) is null)
        {
            state.Forget();
            return new SetupReport($"Nothing: WSL has no distribution '{state.DistributionName}'.", []);
        }

        progress?.Report(new SandboxProgress("Removing the distribution for sandboxes", state.DistributionName));
        await ThrowIfNotOursAsync(facts, cancellationToken);
        await UnregisterAsync(state.DistributionName);
        state.Forget();
        return new SetupReport($"Unregistered the distribution '{state.DistributionName}', with every sandbox in it.", []);
    }

    private async Task<SetupReport> ImportAsync(WslRecord record, string archive, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        progress?.Report(new SandboxProgress(Activity, "importing the root file system", 10));
        PrivateFolder.Create(record.Location);
        await RequireAsync(ImportArguments(archive, record.Location), "import the root file system", s_importPatience, cancellationToken);
        await DistributionFile.WriteAsync(cli, record.Name, DistributionHardening.MarkerPath, record.Id + "\n", cancellationToken);

        progress?.Report(new SandboxProgress(Activity, "putting agentsandbox into it", 50));
        await WslPrograms.PutAsync(cli, record.Name, cancellationToken);
        await DistributionFile.WriteAsync(cli, record.Name, DistributionHardening.ConfigurationPath, DistributionHardening.Configuration, cancellationToken);
        await RestartAsync(record.Name, progress, cancellationToken);

        progress?.Report(new SandboxProgress(Activity, "checking what of Windows can be reached in it", 80));
        state.Write(record with { Programs = WslPrograms.Fingerprint() });
        var checks = new List<ProviderCheck>();
        await check(checks.Add, cancellationToken);
        if (checks.FirstOrDefault(c => !c.Passed) is { } failed)
        {
            throw new SandboxException(
                SandboxErrorId.BackendSetupFailed,
                $"The distribution was imported, but {Line(failed)}",
                failed.RecommendedAction is { Length: > 0 } action ? GuestText.Clean(action) : "docs/wsl.md says what is checked and why.",
                record.Name);
        }

        if (checks.Count == 0)
        {
            throw ProviderAnswers.Violation("it has checked nothing.");
        }

        state.Write(record with { Programs = WslPrograms.Fingerprint(), IsComplete = true });
        return new SetupReport($"Imported '{archive}' as the distribution '{record.Name}'.", [.. checks.Select(Line)]);
    }

    private async Task UndoAsync(WslRecord record, Exception failure)
    {
        // Whether it is there at all is WSL's to say: the import may have failed with it registered.
        if (Find(look()) is not null)
        {
            try
            {
                await UnregisterAsync(record.Name);
            }
            catch (SandboxException e)
            {
                throw new SandboxException(SandboxErrorId.CleanupFailed, $"{failure.Message} Then the distribution could not be unregistered: {e.Message}", $"Run: wsl --unregister {record.Name}", record.Name, failure);
            }
        }

        state.Forget();
    }

    /// <summary>A distribution of the name is there. Ours goes when the user says so; another one stays, whatever he says.</summary>
    private async Task MakeRoomAsync(WslFacts facts, bool force, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        await ThrowIfNotOursAsync(facts, cancellationToken);
        if (!force && facts.Record!.IsComplete)
        {
            throw new SandboxException(SandboxErrorId.BackendSetupFailed, $"The distribution '{state.DistributionName}' is installed already.", "Use it, or replace it with every sandbox in it: Install-SandboxBackend Wsl -RootFileSystem <archive> -Force.", state.DistributionName);
        }

        progress?.Report(new SandboxProgress(Activity, "removing the one that is there"));
        await UnregisterAsync(state.DistributionName);
    }

    private async Task ThrowIfNotOursAsync(WslFacts facts, CancellationToken cancellationToken)
    {
        string name = state.DistributionName;
        string notOurs = $"There is a distribution '{name}' that this product did not import; it is left as it is.";
        string advice = $"If it may go, unregister it yourself: wsl --unregister {name}";
        if (facts.Record is not { } record || record.Name != name)
        {
            throw new SandboxException(SandboxErrorId.BackendSetupFailed, notOurs, advice, name);
        }

        // Before the first complete set-up there may be no mark yet; that the name was free then had been looked at.
        if (record.IsComplete && await DistributionFile.TryReadAsync(cli, name, DistributionHardening.MarkerPath, cancellationToken) != record.Id)
        {
            throw new SandboxException(SandboxErrorId.BackendSetupFailed, notOurs, advice, name);
        }
    }

    private async Task UnregisterAsync(string name)
    {
        await RequireAsync(["--unregister", name], $"unregister the distribution '{name}'", s_importPatience, CancellationToken.None);
    }

    private async Task RestartAsync(string name, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        progress?.Report(new SandboxProgress(Activity, "restarting it, so that its settings hold", 70));
        await RequireAsync(["--terminate", name], $"end the distribution '{name}'", s_patience, cancellationToken);
        long begin = System.Diagnostics.Stopwatch.GetTimestamp();
        while (Find(look()) is { State: not WslDistributionState.Stopped })
        {
            if (System.Diagnostics.Stopwatch.GetElapsedTime(begin) > s_eightSeconds)
            {
                throw new SandboxException(SandboxErrorId.BackendSetupFailed, $"The distribution '{name}' does not stop.", $"End it yourself, and try again: wsl --terminate {name}", name);
            }

            await Task.Delay(250, cancellationToken);
        }
    }

    private async Task RequireAsync(IReadOnlyList<string> arguments, string what, TimeSpan patience, CancellationToken cancellationToken)
    {
        WslResult result = await cli.RunAsync(arguments, null, patience, cancellationToken);
        if (!result.Succeeded)
        {
            SandboxException e = WslErrors.Translate(result, what, state.DistributionName);
            throw new SandboxException(SandboxErrorId.BackendSetupFailed, e.Message, e.RecommendedAction, state.DistributionName, e);
        }
    }

    private IReadOnlyList<string> ImportArguments(string archive, string location) => ["--import", state.DistributionName, location, archive, "--version", "2"];

    private WslDistribution? Find(WslFacts facts) => facts.List is { Succeeded: true } list
        ? WslDistribution.ParseList(list.Text).FirstOrDefault(d => string.Equals(d.Name, state.DistributionName, StringComparison.OrdinalIgnoreCase))
        : null;

    private static string Line(ProviderCheck c) => $"{GuestText.Clean(c.Name)}: {(c.Passed ? "ok" : "FAILED")}: {GuestText.Clean(c.Evidence)}";

    private static SandboxException NeedsWindows() =>
        new(SandboxErrorId.BackendSetupNotSupported, "WSL is a feature of Windows.", "On Linux use -Backend Nspawn: apt-get install systemd-container", WslBackend.BackendName);
}
