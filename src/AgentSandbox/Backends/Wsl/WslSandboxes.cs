using System.Collections.Concurrent;
using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.Provider;
using AgentSandbox.Backends.Wsl.State;
using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.Checkpoints;
using AgentSandbox.Connection;
using AgentSandbox.Processes;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Wsl;

/// <summary>
/// The sandboxes in this product's own distribution of WSL. The distribution keeps them, as any Linux does; this asks it, and opens streams to them. Nothing is
/// asked, and so nothing started, when no sandbox has been made there.
/// </summary>
internal sealed partial class WslSandboxes : ISandboxProvider, ICheckpointKeeper, IProcessKeeper
{
    private readonly WslState _state;
    private readonly WslProvider _provider;
    private readonly WslBackend _backend;
    private readonly GuestConnectionPool _connections = new();

    /// <summary>Specifications by id; they never change.</summary>
    private readonly ConcurrentDictionary<string, SandboxSpecification> _specifications = new();

    /// <summary>What keeps the throw-away sandboxes of this process.</summary>
    private readonly ConcurrentDictionary<string, ProviderExchange> _owned = new();

    /// <summary>Creates a provider.</summary>
    /// <param name="home">The state folder.</param>
    public WslSandboxes(SandboxHome home)
        : this(home, WslCli.Find(), WslCli.IsExpected)
    {
    }

    /// <summary>Creates a provider over a certain wsl.exe.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="cli">The way to wsl.exe.</param>
    /// <param name="isExpected">wsl.exe could be here.</param>
    internal WslSandboxes(SandboxHome home, IWslCli cli, bool isExpected)
    {
        _state = new WslState(home);
        _provider = new WslProvider(cli, _state);
        _backend = new WslBackend(home, cli, isExpected, _state, CheckAsync);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ISandboxBackend> Backends => [_backend];

    /// <summary>The distribution's side, for what is asked of it beside the sandboxes.</summary>
    internal WslProvider Provider => _provider;

    /// <summary>Images are the distribution's: it says whether it has one when it makes the sandbox.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <param name="problems">Receives the problems.</param>
    /// <returns>The specification as it is.</returns>
    public SandboxSpecification ResolveImage(SandboxSpecification specification, ICollection<SpecificationProblem> problems)
    {
        if (!SandboxName.IsValid(specification.Image))
        {
            problems.Add(new SpecificationProblem(SandboxErrorId.ImageNotFound, "Image", $"'{SandboxName.Printable(specification.Image)}' can't be the name of an image.", "Use 'host', or the name of an image in the distribution."));
        }

        return specification;
    }

    /// <summary>Closes the connections. Sandboxes live on, but for throw-away ones.</summary>
    /// <returns>A task that completes when they are closed.</returns>
    public async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync();
        foreach (string id in _owned.Keys)
        {
            if (_owned.TryRemove(id, out ProviderExchange? exchange))
            {
                await exchange.DisposeAsync();
            }
        }
    }

    private static ProviderRequest Request() => new() { Version = ProviderProtocol.Version };

    private Task CheckAsync(Action<ProviderCheck> onCheck, CancellationToken cancellationToken) => _provider.CallAsync("check", Request(), line =>
    {
        if (line.Check is { } check)
        {
            onCheck(check);
        }
    }, _state.DistributionName, cancellationToken);

    private Sandbox Accept(Sandbox sandbox)
    {
        Sandbox accepted = ProviderAnswers.Accept(sandbox, _backend.Warnings);
        _specifications.TryAdd(accepted.Id, accepted.Specification);
        return accepted;
    }

    private void Forget(string id)
    {
        _state.Forget(id);
        _specifications.TryRemove(id, out _);
        _connections.DropAll(id + "/");
    }
}
