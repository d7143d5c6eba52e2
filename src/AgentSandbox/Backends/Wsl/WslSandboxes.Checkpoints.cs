using AgentSandbox.Backends.Wsl.Provider;
using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Backends.Wsl;

/// <summary>Checkpoints and copied sandboxes: the distribution's, which keeps them as any Linux does.</summary>
internal sealed partial class WslSandboxes
{
    /// <inheritdoc/>
    public async Task<SandboxCheckpoint> CheckpointAsync(string id, string name, bool replace, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<SandboxCheckpoint> taken = await CheckpointCallAsync("checkpoint", id, Request() with { Id = id, Checkpoint = name, Force = replace }, progress, cancellationToken);
        return taken is [var one] ? one : throw ProviderAnswers.Violation("it names no checkpoint.");
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SandboxCheckpoint>> CheckpointsAsync(string id, CancellationToken cancellationToken) =>
        CheckpointCallAsync("checkpoints", id, Request() with { Id = id }, null, cancellationToken);

    /// <inheritdoc/>
    public async Task<Sandbox> RestoreAsync(string id, string name, bool force, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        try
        {
            return await SandboxCallAsync("restore", id, Request() with { Id = id, Checkpoint = name, Force = force }, progress, cancellationToken);
        }
        finally
        {
            _connections.DropAll(id + "/"); // Stopped for it, whether or not it came to anything.
        }
    }

    /// <inheritdoc/>
    public Task RemoveCheckpointAsync(string id, string name, CancellationToken cancellationToken) =>
        CallAsync("remove-checkpoint", id, Request() with { Id = id, Checkpoint = name }, null, cancellationToken);

    /// <inheritdoc/>
    public async Task<Sandbox> CloneAsync(string id, SandboxSpecification specification, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        ProviderRequest request = Request() with { Id = id, NewName = specification.Name };
        string pending = _state.Begin();
        Sandbox? made = null;
        bool isRefused = false;
        try
        {
            made = await SandboxCallAsync("clone", id, request, progress, cancellationToken);
            return made;
        }
        catch (SandboxException e) when (e.ErrorId is SandboxErrorId.NameInUse or SandboxErrorId.InvalidName or SandboxErrorId.SandboxNotFound or SandboxErrorId.DiskFull)
        {
            isRefused = true;
            throw;
        }
        finally
        {
            // Where it is not certain that nothing was made, the next look asks.
            if (made is not null || isRefused)
            {
                _state.Complete(pending, made?.Id);
            }
        }
    }

    private async Task<Sandbox> SandboxCallAsync(string verb, string id, ProviderRequest request, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        Sandbox? found = null;
        await CallAsync(verb, id, request, line =>
        {
            Report(line, progress);
            found = line.Sandbox ?? found;
        }, cancellationToken);
        return Accept(found ?? throw ProviderAnswers.Violation("it names no sandbox."));
    }

    private async Task<IReadOnlyList<SandboxCheckpoint>> CheckpointCallAsync(string verb, string id, ProviderRequest request, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        var found = new List<SandboxCheckpoint>();
        await CallAsync(verb, id, request, line =>
        {
            Report(line, progress);
            if (line.Checkpoint is { } checkpoint)
            {
                found.Add(ProviderAnswers.Accept(checkpoint, id));
            }
        }, cancellationToken);
        return found;
    }
}
