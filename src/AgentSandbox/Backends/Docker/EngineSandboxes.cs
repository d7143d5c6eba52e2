using System.Collections.Concurrent;
using AgentSandbox.Backends.Docker.Checkpoints;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Backends.Docker.Images;
using AgentSandbox.Checkpoints;
using AgentSandbox.Copying;
using AgentSandbox.Images;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Docker;

/// <summary>
/// The sandboxes that a container engine keeps. All that is known about them is in the engine, so that every process on every machine that
/// reaches it sees the same. This file finds containers; the others create, look and run commands.
/// </summary>
internal sealed partial class EngineSandboxes : ISandboxProvider, ICheckpointKeeper
{
    private readonly SandboxHome _home;
    private readonly string _scope;
    private readonly EngineHost _host;
    private readonly EngineImages _images;
    private readonly IReadOnlyList<EngineBackend> _backends;
    private readonly OperationMarks _marks;
    private readonly Snapshots _snapshots;

    /// <summary>Containers by sandbox id. What is fixed about them never changes, so a command need not ask the engine first; another one in its place answers "no such container".</summary>
    private readonly ConcurrentDictionary<string, EngineContainer> _known = new();

    /// <summary>Creates a provider. Connects when it is needed.</summary>
    /// <param name="home">Says which sandboxes of the engine are this product's and this state folder's.</param>
    /// <param name="images">This product's own images.</param>
    /// <param name="host">The engine.</param>
    /// <param name="backends">The kinds of containers, strongest first.</param>
    public EngineSandboxes(SandboxHome home, ImageStore images, EngineHost host, IReadOnlyList<EngineBackend> backends)
    {
        _home = home;
        _scope = ContainerLabels.ScopeOf(home);
        _host = host;
        _backends = backends;
        _images = new EngineImages(host, images);
        _marks = new OperationMarks(home);
        _snapshots = new Snapshots(host, _scope);
    }

    /// <inheritdoc/>
    public IReadOnlyList<ISandboxBackend> Backends => _backends;

    private IDockerEngine Engine => _host.Engine;

    /// <inheritdoc/>
    public SandboxSpecification ResolveImage(SandboxSpecification specification, ICollection<SpecificationProblem> problems) => _images.Resolve(specification, problems);

    /// <inheritdoc/>
    public async ValueTask<bool> HasAsync(string id, CancellationToken cancellationToken) =>
        _known.ContainsKey(id) || (_host.IsExpected && await TryFindByIdAsync(id, cancellationToken) is not null);

    /// <inheritdoc/>
    public Task<ISandboxCopier?> TryGetCopierAsync(string id, string? user, IProgress<CopyProgress>? progress, CancellationToken cancellationToken) =>
        OperateAsync(id, "reached", container => Task.FromResult(Backend(container.Record).TryGetCopier(container, user, progress)), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (EngineBackend backend in _backends)
        {
            await backend.DisposeAsync();
        }

        _host.Dispose();
    }

    private EngineBackend Backend(ContainerRecord record) =>
        _backends.FirstOrDefault(b => b.Name == record.Specification.Backend)
        ?? throw new SandboxException(SandboxErrorId.UnknownBackend, $"The sandbox '{record.Name}' was made by the backend '{record.Specification.Backend}', which this build does not have.", "Use the version that made it.", record.Name);

    private async Task<EngineContainer> FindAsync(string id, CancellationToken cancellationToken) =>
        _known.GetValueOrDefault(id) ?? (await TryFindByIdAsync(id, cancellationToken))?.Container ?? throw SandboxManager.NotFound(id);

    private async Task<(EngineContainer Container, ContainerInspect Inspect)?> TryFindByIdAsync(string id, CancellationToken cancellationToken)
    {
        if (!EngineContainer.IsId(id))
        {
            return null;
        }

        if (await InspectAsync(id, cancellationToken) is { } first && first.Container.Id == id)
        {
            return first;
        }

        // Not the container that the id was made of: one that took its place, or is just about to.
        IReadOnlyList<ContainerSummary> others = await Engine.ListContainersAsync([.. ContainerLabels.Filter(_scope), $"{ContainerLabels.Id}={id}"], cancellationToken);
        foreach (ContainerSummary other in others.OrderBy(o => ContainerLabels.TryReadBeside(_scope, o.Labels, o.Names ?? []) is not null))
        {
            if (await InspectAsync(other.Id, cancellationToken) is { } found && found.Container.Id == id)
            {
                return found;
            }
        }

        return null;
    }

    private async Task<(EngineContainer Container, ContainerInspect Inspect)?> TryFindByNameAsync(string name, CancellationToken cancellationToken) =>
        await InspectAsync(ContainerLabels.ContainerName(_scope, name), cancellationToken) ?? await InspectAsync(ContainerLabels.ReplacedName(_scope, name), cancellationToken);

    /// <summary>Looks at a container by its id or name; null when there is none, or it is somebody else's, or not to be used yet.</summary>
    private async Task<(EngineContainer Container, ContainerInspect Inspect)?> InspectAsync(string container, CancellationToken cancellationToken)
    {
        if (await Engine.InspectContainerAsync(container, cancellationToken) is not { } inspect)
        {
            return null;
        }

        if (ContainerLabels.TryRead(_scope, inspect.Config?.Labels, [inspect.Name]) is { } record)
        {
            return (Remember(EngineContainer.Of(inspect.Id, record)), inspect);
        }

        return ContainerLabels.TryReadBeside(_scope, inspect.Config?.Labels, [inspect.Name]) is { } beside ? await SettleAsync(EngineContainer.Of(inspect.Id, beside), cancellationToken) : null;
    }

    private EngineContainer Remember(EngineContainer container) =>
        _known.AddOrUpdate(container.Id, container, (_, known) => known.ContainerId == container.ContainerId ? known : container);

    /// <summary>Closes what is open to a container that another one takes the place of, or may.</summary>
    private void Drop(EngineContainer container)
    {
        _known.TryRemove(KeyValuePair.Create(container.Id, container));
        Backend(container.Record).Forget(container);
    }

    private void Forget(EngineContainer container)
    {
        _known.TryRemove(container.Id, out _);
        Processes.ProcessStore.Delete(_home, container.Id);
        Backend(container.Record).Forget(container);
        _marks.Forget(container.Id);
    }
}
