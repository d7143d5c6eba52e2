using AgentSandbox.Backends;
using AgentSandbox.Backends.Docker.Engine;
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
        : this(home, null)
    {
    }

    /// <summary>Creates a manager over a state folder and a certain container engine.</summary>
    /// <param name="home">The state folder; that of the environment when null.</param>
    /// <param name="engine">The engine; null is the one that the docker command line would use.</param>
    internal SandboxManager(SandboxHome? home, DockerEndpoint? engine)
    {
        Home = home ?? new SandboxHome();
        Images = new ImageStore(Home);
        _providers = BackendRegistry.Create(Home, Images, engine);
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
    public IReadOnlyList<BackendInfo> GetBackends()
    {
        BackendInfo[] backends = [.. _backends.Select(b => b.Describe())];
        BackendInfo? taken = AutoOrder(backends).FirstOrDefault(IsForAuto);
        return [.. backends.Select(b => b with { Default = b == taken }).OrderByDescending(b => b.Strength)];
    }

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
