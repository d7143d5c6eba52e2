using System.Collections.Concurrent;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Backends.WindowsSandbox.Keeping;
using AgentSandbox.Backends.WindowsSandbox.Setup;
using AgentSandbox.Connection;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox;

/// <summary>
/// The sandboxes in Windows Sandbox: one at a time. Its keeper, a process of its own, has the instance; this asks the keeper's lock and the files
/// beside it. <c>Lifecycle</c> creates and removes, <c>Query</c> looks and repairs, <c>Commands</c> runs.
/// </summary>
internal sealed partial class WindowsSandboxes : ISandboxProvider
{
    private readonly SandboxHome _home;
    private readonly RecordStore _store;
    private readonly IKeeperLauncher _keepers;
    private readonly IGuestDoor _door;
    private readonly Func<CancellationToken, Task<IInstance>> _instance;
    private readonly Func<CancellationToken, Task<Readiness.Readiness>> _readiness;
    private readonly WindowsSandboxBackend _backend;
    private readonly GuestConnectionPool _connections = new();
    private readonly ConcurrentDictionary<string, FileLock> _owned = new();

    /// <summary>Creates the provider for this machine.</summary>
    /// <param name="home">The product's state folder.</param>
    public WindowsSandboxes(SandboxHome home)
        : this(home, new SandboxMachine(HomeBelow(home)), new KeeperLauncher(home.Root))
    {
    }

    /// <summary>Creates the provider with other keepers.</summary>
    /// <param name="home">The product's state folder.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="keepers">Starts keepers.</param>
    internal WindowsSandboxes(SandboxHome home, SandboxMachine machine, IKeeperLauncher keepers)
        : this(home, new WindowsSandboxBackend(home, machine, new ElevatedLauncher()), keepers, machine.Door, machine.InstanceAsync, machine.ReadinessAsync)
    {
    }

    /// <summary>Creates the provider with all that it touches replaced, for tests.</summary>
    internal WindowsSandboxes(SandboxHome home, WindowsSandboxBackend backend, IKeeperLauncher keepers, IGuestDoor door, Func<CancellationToken, Task<IInstance>> instance, Func<CancellationToken, Task<Readiness.Readiness>> readiness)
    {
        _home = HomeBelow(home);
        _store = new RecordStore(_home);
        _backend = backend;
        _keepers = keepers;
        _door = door;
        _instance = instance;
        _readiness = readiness;
    }

    /// <inheritdoc/>
    public IReadOnlyList<ISandboxBackend> Backends => [_backend];

    /// <summary>This backend's own state folder: the records of other providers are none of its business.</summary>
    /// <param name="home">The product's.</param>
    internal static SandboxHome HomeBelow(SandboxHome home) => new(Path.Combine(Path.GetFullPath(home.Data), "windows-sandbox"));

    /// <inheritdoc/>
    public SandboxSpecification ResolveImage(SandboxSpecification specification, ICollection<SpecificationProblem> problems) => specification; // There is one, and the rules say so.

    /// <inheritdoc/>
    public string? TryReadConfiguration(string id) => File.Exists(Paths(id).ConfigurationFile) ? File.ReadAllText(Paths(id).ConfigurationFile) : null;

    /// <summary>Closes the connections. Sandboxes live on, but for throw-away ones.</summary>
    /// <returns>A task that completes when they are closed.</returns>
    public async ValueTask DisposeAsync()
    {
        foreach (string id in _owned.Keys)
        {
            ReleaseOwnership(id);
        }

        await _connections.DisposeAsync();
    }

    private void ReleaseOwnership(string id)
    {
        if (_owned.TryRemove(id, out FileLock? ownership))
        {
            ownership.Dispose();
        }
    }

    private InstancePaths Paths(string id) => new(_home, id);

    private InstanceState? State(string id) => StateFile.TryRead(Paths(id).State, InstanceJson.Default.InstanceState);

    private SandboxRecord Record(string id) => (Exists ? _store.TryRead(id) : null) ?? throw SandboxManager.NotFound(id);

    /// <summary>Nobody has made a sandbox here, or may look: then there is none, and no error either.</summary>
    private bool Exists => Directory.Exists(_home.Sandboxes);
}
