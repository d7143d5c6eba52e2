using AgentSandbox.Backends;

namespace AgentSandbox;

public sealed partial class SandboxManager
{
    /// <summary>Creates and starts a sandbox.</summary>
    /// <param name="specification">What it shall be.</param>
    /// <param name="progress">Told how far long steps are, such as pulling an image.</param>
    /// <param name="cancellationToken">Cancels the creation and removes what there was of it.</param>
    /// <returns>The running sandbox.</returns>
    /// <exception cref="SandboxException">It could not be made; nothing is left of it.</exception>
    public Task<Sandbox> CreateAsync(SandboxSpecification specification, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default) =>
        MakeAsync(specification, throwAway: false, progress, cancellationToken);

    /// <summary>
    /// Creates and starts a sandbox for this process only: whoever made it removes it, and what keeps the sandbox does when this process ends
    /// without, even by SIGKILL.
    /// </summary>
    /// <param name="specification">What it shall be.</param>
    /// <param name="progress">Told how far long steps are.</param>
    /// <param name="cancellationToken">Cancels the creation and removes what there was of it.</param>
    /// <returns>The running sandbox.</returns>
    /// <exception cref="SandboxException">It could not be made; nothing is left of it.</exception>
    public Task<Sandbox> CreateThrowAwayAsync(SandboxSpecification specification, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default) =>
        MakeAsync(specification, throwAway: true, progress, cancellationToken);

    /// <summary>Starts a stopped or failed sandbox on the file system that it had. A running one stays as it is.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>The running sandbox.</returns>
    /// <exception cref="SandboxException">It could not be started; its files are as they were.</exception>
    public async Task<Sandbox> StartAsync(string id, CancellationToken cancellationToken = default) =>
        await (await OwnerAsync(id, cancellationToken)).StartAsync(id, cancellationToken);

    /// <summary>Ends everything in a sandbox; its file system is kept. A stopped one stays as it is.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cuts the time short that commands get to end by themselves.</param>
    /// <returns>The stopped sandbox.</returns>
    public async Task<Sandbox> StopAsync(string id, CancellationToken cancellationToken = default)
    {
        Sandbox stopped = await (await OwnerAsync(id, cancellationToken)).StopAsync(id, cancellationToken);
        await Task.Run(() => Processes.ProcessStore.Settle(Home, stopped.Id), CancellationToken.None);
        return stopped;
    }

    /// <summary>Ends everything in a sandbox and deletes all there is of it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>A task that completes when nothing is left.</returns>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken = default) =>
        await (await OwnerAsync(id, cancellationToken)).RemoveAsync(id, cancellationToken);

    private Task<Sandbox> MakeAsync(SandboxSpecification specification, bool throwAway, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        SandboxSpecification resolved = Resolve(specification);
        ISandboxProvider provider = _providers.First(p => p.Backends.Any(b => b.Name == resolved.Backend));
        return provider.CreateAsync(resolved, throwAway, progress, cancellationToken);
    }

    /// <summary>Finds the place that keeps a sandbox. One that can't be asked is an error only when no other has it.</summary>
    private async ValueTask<ISandboxProvider> OwnerAsync(string id, CancellationToken cancellationToken)
    {
        SandboxException? unreachable = null;
        foreach (ISandboxProvider provider in _providers)
        {
            try
            {
                if (await provider.HasAsync(id, cancellationToken))
                {
                    return provider;
                }
            }
            catch (SandboxException e)
            {
                unreachable = Worse(unreachable, e);
            }
        }

        throw unreachable ?? NotFound(id);
    }

    internal static SandboxException NotFound(string nameOrId) =>
        new(SandboxErrorId.SandboxNotFound, $"There is no sandbox '{nameOrId}'.", "List them with Get-AgentSandbox (agentsandbox list).", nameOrId);
}
