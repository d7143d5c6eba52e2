using AgentSandbox.Backends.Nspawn;
using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.Readiness;
using AgentSandbox.Backends.Wsl.Setup;
using AgentSandbox.Backends.Wsl.State;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Wsl;

/// <summary>systemd-nspawn in a distribution of WSL 2 that has nothing else in it: the same sandboxes as on Linux.</summary>
internal sealed class WslBackend : ISandboxBackend, IBackendSetup
{
    /// <summary>Its name.</summary>
    public const string BackendName = "Wsl";

    private static readonly Dictionary<SandboxAllowance, string> s_impossible = new()
    {
        [SandboxAllowance.Vsock] = "in WSL's virtual machine such sockets lead to the file servers of Windows, which give away this user's drives.",
    };

    private static readonly TimeSpan s_factsAge = TimeSpan.FromSeconds(5);

    private readonly IWslCli _cli;
    private readonly bool _isExpected;
    private readonly WslState _state;
    private readonly WslSetup _setup;
    private readonly NspawnBackend _nspawn;
    private (WslFacts Facts, long Time)? _facts;

    /// <summary>Creates the backend. Starts nothing.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="cli">The way to wsl.exe.</param>
    /// <param name="isExpected">This is Windows, or another program stands in for wsl.exe.</param>
    /// <param name="state">What is known about the distribution.</param>
    /// <param name="checks">Has the distribution check itself.</param>
    public WslBackend(SandboxHome home, IWslCli cli, bool isExpected, WslState state, DistributionCheck checks)
    {
        _cli = cli;
        _isExpected = isExpected;
        _state = state;
        _nspawn = new NspawnBackend(home);
        _setup = new WslSetup(cli, state, checks, () => Look(fresh: true));
    }

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <inheritdoc/>
    public bool MountSourcesAreHere => false;

    /// <inheritdoc/>
    public PayloadPlace PayloadPlace => PayloadPlace.OtherMachine;

    /// <inheritdoc/>
    public BackendInfo Describe()
    {
        WslFacts facts = Look(fresh: false);
        WslReadiness readiness = WslReadiness.Of(facts);
        return new BackendInfo
        {
            Name = Name,
            Available = readiness.IsReady,
            Version = facts.Version is { } version ? $"WSL {version}" : null,
            // The walls of a sandbox are nspawn's, but what is behind them is weaker than a Linux machine: who breaks out is root in a virtual machine that hands
            // Windows' drives to its root (mount -t drvfs), with the rights of the user who runs it. One step more than out of a container, and one less than out of
            // gVisor; so it stands below both.
            Strength = 20,
            SecurityBoundary = true,
            Isolates = ["files", "processes", "users", "network", "IPC", "host name", "capabilities", "system calls", "memory, CPU, process and disk use"],
            DoesNotIsolate =
            [
                "the kernel, which is the virtual machine's: a hole in it opens every distribution of WSL, and by them this user's files",
                "WSL's virtual machine as a whole: its memory is limited by .wslconfig only",
            ],
            Reason = readiness.Reason,
            RecommendedAction = readiness.RecommendedAction,
        };
    }

    /// <inheritdoc/>
    public SandboxSpecification ApplyDefaults(SandboxSpecification specification) => _nspawn.ApplyDefaults(specification) with { Backend = Name };

    /// <summary>What this machine can tell. The rest, such as missing images and control groups, the distribution says before it makes anything.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <returns>The problems.</returns>
    public IEnumerable<SpecificationProblem> Validate(SandboxSpecification specification) => 
        specification.Mounts.Select(WslMount.Check).OfType<SpecificationProblem>().Concat(GuestAllowances.Refuse(specification, s_impossible));

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings(SandboxSpecification specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        var warnings = new List<string>();
        if (specification.Mounts.Any(m => !WslMount.IsInDistribution(m.Source) || WslMount.IsCopy(m.Source)))
        {
            warnings.Add("Mounts from a drive of Windows are copies, made when the sandbox is: later changes don't show.");
        }

        if (specification.Network == NetworkMode.Host)
        {
            warnings.Add("With -Network Host it has the network of WSL's virtual machine: what all distributions listen on, and by its virtual switch what Windows lets in from there.");
        }

        return warnings;
    }

    /// <inheritdoc/>
    public BackendSetupStep? PlanEnable() => WslSetup.PlanEnable(Look(fresh: true));

    /// <inheritdoc/>
    public BackendSetupStep? PlanInstall(BackendInstallOptions options) => _setup.PlanInstall(options);

    /// <inheritdoc/>
    public Task<BackendSetupResult> EnableAsync(IProgress<SandboxProgress>? progress, CancellationToken cancellationToken) =>
        ReportAsync(WslSetup.EnableAsync(Look(fresh: true), progress, cancellationToken));

    /// <inheritdoc/>
    public Task<BackendSetupResult> InstallAsync(BackendInstallOptions options, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken) =>
        ReportAsync(_setup.InstallAsync(options, progress, cancellationToken));

    /// <inheritdoc/>
    public Task<BackendSetupResult> UninstallAsync(IProgress<SandboxProgress>? progress, CancellationToken cancellationToken) =>
        ReportAsync(_setup.UninstallAsync(progress, cancellationToken));

    private async Task<BackendSetupResult> ReportAsync(Task<SetupReport> setup)
    {
        SetupReport report;
        try
        {
            report = await setup;
        }
        finally
        {
            _facts = null;
        }

        return new BackendSetupResult { Backend = Name, Action = report.Action, RestartRequired = report.RestartRequired, Checks = report.Checks, Info = Describe() };
    }

    /// <summary>Looks at WSL. What was seen a moment ago is used again: a create asks twice, and each question is a process.</summary>
    private WslFacts Look(bool fresh)
    {
        if (!fresh && _facts is { } known && System.Diagnostics.Stopwatch.GetElapsedTime(known.Time) < s_factsAge)
        {
            return known.Facts;
        }

        WslFacts facts = Task.Run(() => WslFacts.GatherAsync(_cli, _isExpected, _state, CancellationToken.None)).GetAwaiter().GetResult();
        _facts = (facts, System.Diagnostics.Stopwatch.GetTimestamp());
        return facts;
    }
}
