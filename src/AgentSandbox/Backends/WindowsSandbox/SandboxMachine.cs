using AgentSandbox.Backends.WindowsSandbox.Cli;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Backends.WindowsSandbox.Keeping;
using AgentSandbox.Backends.WindowsSandbox.Readiness;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox;

/// <summary>This machine, as far as Windows Sandbox is concerned: whether it is ready, and the way to start an instance on it.</summary>
/// <param name="home">This backend's own state folder.</param>
internal sealed class SandboxMachine(SandboxHome home)
{
    /// <summary>What was ready a moment ago is not asked again: each question starts a program.</summary>
    private static readonly TimeSpan s_memory = TimeSpan.FromMinutes(1);

    private readonly object _gate = new();
    private readonly ProgramRunner _runner = new();
    private (HostFacts Facts, Readiness.Readiness Readiness, DateTimeOffset Until, string? Named)? _known;

    /// <summary>The way to guests.</summary>
    public IGuestDoor Door { get; } = new FileDoor();

    /// <summary>Tells how far the machine is.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<Readiness.Readiness> ReadinessAsync(CancellationToken cancellationToken) => (await LookAsync(cancellationToken)).Readiness;

    /// <summary>The way to start and end instances here.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.BackendNotAvailable"/>.</exception>
    public async Task<IInstance> InstanceAsync(CancellationToken cancellationToken)
    {
        (HostFacts facts, Readiness.Readiness readiness) = await LookAsync(cancellationToken);
        return readiness.Way switch
        {
            StartWay.CommandLine => new CommandLineInstance(new WsbCli(facts.Program!, _runner, new ClientLauncher()), new SystemClock(), ids => InstanceHolder.Describe(home, null, ids)),
            StartWay.ConfigurationFile => new ConfigurationFileInstance(HostProbe.FeatureProgram, new ClientLauncher(), new SandboxProcesses(), new SystemClock()),
            _ => throw new SandboxException(SandboxErrorId.BackendNotAvailable, $"Windows Sandbox can't be used here: {readiness.Reason}", readiness.Action!),
        };
    }

    /// <summary>Forgets what was known, after something was changed.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _known = null;
        }
    }

    private async Task<(HostFacts Facts, Readiness.Readiness Readiness)> LookAsync(CancellationToken cancellationToken)
    {
        string? named = Environment.GetEnvironmentVariable(HostProbe.ProgramVariable);
        lock (_gate)
        {
            if (_known is { } known && known.Until > DateTimeOffset.UtcNow && known.Named == named)
            {
                return (known.Facts, known.Readiness);
            }
        }

        HostFacts facts = await new HostProbe(_runner).ProbeAsync(cancellationToken);
        Readiness.Readiness readiness = ReadinessClassifier.Classify(facts);
        lock (_gate)
        {
            // What is not ready may be in a moment: while somebody installs it.
            _known = readiness.IsReady ? (facts, readiness, DateTimeOffset.UtcNow + s_memory, named) : null;
        }

        return (facts, readiness);
    }
}
