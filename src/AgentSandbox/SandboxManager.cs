using AgentSandbox.Backends;
using AgentSandbox.Images;
using AgentSandbox.State;

namespace AgentSandbox;

/// <summary>Everything one can do with sandboxes on this machine and its container engine. The cmdlets and the command line are thin layers over this class. Thread-safe.</summary>
public sealed partial class SandboxManager : IAsyncDisposable
{
    private readonly IReadOnlyList<ISandboxProvider> _providers;
    private readonly IReadOnlyList<ISandboxBackend> _backends;

    /// <summary>Creates a manager over a state folder.</summary>
    /// <param name="home">The state folder; that of the environment when null.</param>
    public SandboxManager(SandboxHome? home = null)
        : this(home ?? new SandboxHome(), BackendRegistry.Create)
    {
    }

    /// <summary>Creates a manager over given places.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="providers">Makes the places that keep sandboxes.</param>
    internal SandboxManager(SandboxHome home, Func<SandboxHome, ImageStore, IReadOnlyList<ISandboxProvider>> providers)
    {
        Home = home;
        Images = new ImageStore(Home);
        _providers = providers(Home, Images);
        _backends = [.. _providers.SelectMany(p => p.Backends)];
    }

    /// <summary>The state folder.</summary>
    public SandboxHome Home { get; }

    /// <summary>The images.</summary>
    public ImageStore Images { get; }

    /// <summary>Names of all backends that this build has, in the order in which <c>Auto</c> asks them.</summary>
    public static IReadOnlyList<string> BackendNames { get; } = new SandboxManager(new SandboxHome(null))._backends.Select(b => b.Name).ToArray();

    /// <summary>Describes every backend, strongest first.</summary>
    /// <returns>The facts about each, also about those that are not available here.</returns>
    public IReadOnlyList<BackendInfo> GetBackends() => [.. _backends.Select(b => b.Describe()).OrderByDescending(b => b.Strength)];

    /// <summary>Closes the connections that are kept open. Sandboxes live on, but for throw-away ones.</summary>
    /// <returns>A task that completes when they are closed.</returns>
    public async ValueTask DisposeAsync()
    {
        foreach (ISandboxProvider provider in _providers)
        {
            await provider.DisposeAsync();
        }
    }
}
