using AgentSandbox.Backends.WindowsSandbox.Configuration;
using AgentSandbox.Backends.WindowsSandbox.Readiness;
using AgentSandbox.Backends.WindowsSandbox.Setup;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox;

/// <summary>Windows Sandbox: a fresh copy of this machine's own Windows in a virtual machine, one at a time, thrown away at its end.</summary>
/// <param name="home">The product's state folder.</param>
/// <param name="machine">This machine.</param>
/// <param name="launcher">Runs what needs an administrator.</param>
internal sealed class WindowsSandboxBackend(SandboxHome home, SandboxMachine machine, IElevatedLauncher launcher) : ISandboxBackend, IBackendSetup
{
    internal const string BackendName = "WindowsSandbox";

    private const string NothingToInstall = "Windows Sandbox runs this machine's own Windows, so there is nothing to install.";

    private readonly HostFolders _folders = new();

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <inheritdoc/>
    public SandboxPathStyle PathStyle => SandboxPathStyle.Windows;

    /// <inheritdoc/>
    public PayloadPlace PayloadPlace => PayloadPlace.WindowsInstance;

    /// <inheritdoc/>
    public BackendInfo Describe()
    {
        Readiness.Readiness readiness = Look();
        return new BackendInfo
        {
            Name = Name,
            Available = readiness.IsReady,
            Version = readiness.Version,
            Strength = 55, // Below Hyper-V containers, in which commands need not be administrators; above what shares the kernel or replaces it in software.
            SecurityBoundary = true,
            Isolates = ["the kernel: the sandbox has its own, in a Hyper-V virtual machine", "files", "processes", "network", "memory use", "clipboard, audio, video, printers and the graphics driver"],
            DoesNotIsolate = WindowsSandboxRules.Gaps,
            Reason = readiness.Reason,
            RecommendedAction = readiness.Action,
        };
    }

    /// <inheritdoc/>
    public SandboxSpecification ApplyDefaults(SandboxSpecification specification) => WindowsSandboxRules.ApplyDefaults(specification, Name);

    /// <inheritdoc/>
    public IEnumerable<SpecificationProblem> Validate(SandboxSpecification specification) => WindowsSandboxRules.Problems(specification, home, _folders);

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings(SandboxSpecification specification) => WindowsSandboxRules.Warnings(specification);

    /// <inheritdoc/>
    public BackendSetupStep? PlanEnable()
    {
        Readiness.Readiness now = Look();
        return now.Step switch
        {
            ReadinessStep.FeatureOff => FeatureSwitch.Step,
            ReadinessStep.Ready or ReadinessStep.ClientMissing or ReadinessStep.ClientNotAnswering => null,
            _ => throw NotPossible(now),
        };
    }

    /// <inheritdoc/>
    public BackendSetupStep? PlanInstall(BackendInstallOptions options) => throw NotInstalled();

    /// <inheritdoc/>
    public async Task<BackendSetupResult> EnableAsync(IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        Readiness.Readiness before = await machine.ReadinessAsync(cancellationToken);
        switch (before.Step)
        {
            case ReadinessStep.FeatureOff:
                progress?.Report(new SandboxProgress("Enabling Windows Sandbox", "dism is at work, which takes a minute or two."));
                bool restart = await new FeatureSwitch(launcher).EnableAsync(cancellationToken);
                machine.Forget();
                return Result($"The feature {ReadinessClassifier.FeatureName} was enabled.{(restart ? " Restart Windows, then start Windows Sandbox once." : "")}", restart);
            case ReadinessStep.Ready or ReadinessStep.ClientMissing or ReadinessStep.ClientNotAnswering:
                return Result("The feature is enabled already; nothing was changed.", restart: false);
            default:
                throw NotPossible(before);
        }
    }

    /// <inheritdoc/>
    public Task<BackendSetupResult> InstallAsync(BackendInstallOptions options, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken) => throw NotInstalled();

    /// <inheritdoc/>
    public Task<BackendSetupResult> UninstallAsync(IProgress<SandboxProgress>? progress, CancellationToken cancellationToken) => throw NotInstalled();

    private static SandboxException NotPossible(Readiness.Readiness now) =>
        new(SandboxErrorId.BackendSetupFailed, $"Windows Sandbox can't be enabled here: {now.Reason}", now.Action!, BackendName);

    private static SandboxException NotInstalled() =>
        new(SandboxErrorId.BackendSetupNotSupported, NothingToInstall, "Enable it: Enable-SandboxBackend WindowsSandbox.", BackendName);

    private BackendSetupResult Result(string action, bool restart)
    {
        BackendInfo info = Describe();
        return new BackendSetupResult
        {
            Backend = Name,
            Action = action,
            RestartRequired = restart,
            Checks = [info.Available ? $"ready: {info.Version}" : $"{info.Reason} {info.RecommendedAction}"],
            Info = info,
        };
    }

    private Readiness.Readiness Look() => Task.Run(() => machine.ReadinessAsync(CancellationToken.None)).GetAwaiter().GetResult();
}
