using System.Collections.Concurrent;
using AgentSandbox.Backends;
using AgentSandbox.Connection;
using AgentSandbox.Images;
using AgentSandbox.State;

namespace AgentSandbox;

/// <summary>Everything one can do with sandboxes on this machine. The cmdlets and the command line are thin layers over this class. Thread-safe.</summary>
public sealed partial class SandboxManager : IAsyncDisposable
{
    private readonly RecordStore _store;
    private readonly IReadOnlyList<ISandboxBackend> _backends;
    private readonly GuestConnectionPool _connections = new();
    private readonly ConcurrentDictionary<string, FileLock> _owned = new();

    /// <summary>Creates a manager over a state folder.</summary>
    /// <param name="home">The state folder; that of the environment when null.</param>
    public SandboxManager(SandboxHome? home = null)
    {
        Home = home ?? new SandboxHome();
        Images = new ImageStore(Home);
        _store = new RecordStore(Home);
        _backends = BackendRegistry.Create(Home);
    }

    /// <summary>The state folder.</summary>
    public SandboxHome Home { get; }

    /// <summary>The images.</summary>
    public ImageStore Images { get; }

    /// <summary>Names of all backends that this build has, strongest first.</summary>
    public static IReadOnlyList<string> BackendNames { get; } = [.. BackendRegistry.Create(new SandboxHome(null)).Select(b => b.Name)];

    /// <summary>Describes every backend, strongest first.</summary>
    /// <returns>The facts about each, also about those that are not available here.</returns>
    public IReadOnlyList<BackendInfo> GetBackends() => [.. _backends.Select(b => b.Describe()).OrderByDescending(b => b.Strength)];

    /// <summary>Closes the connections that are kept open. Sandboxes live on, but for throw-away ones.</summary>
    /// <returns>A task that completes when they are closed.</returns>
    public ValueTask DisposeAsync()
    {
        foreach (string id in _owned.Keys)
        {
            if (_owned.TryRemove(id, out FileLock? ownership))
            {
                ownership.Dispose();
            }
        }

        return _connections.DisposeAsync();
    }

    private ISandboxBackend Backend(SandboxRecord record) =>
        _backends.FirstOrDefault(b => string.Equals(b.Name, record.Specification.Backend, StringComparison.OrdinalIgnoreCase))
        ?? throw new SandboxException(SandboxErrorId.UnknownBackend, $"The sandbox '{record.Name}' was made by the backend '{record.Specification.Backend}', which this build does not have.", "Use the version that made it.", record.Name);
}
