using AgentSandbox.Backends.Wsl.Provider;

namespace AgentSandbox.Backends.Wsl;

/// <summary>Looking.</summary>
internal sealed partial class WslSandboxes
{
    /// <inheritdoc/>
    public async Task<IReadOnlyList<Sandbox>> ListAsync(CancellationToken cancellationToken)
    {
        if (!CanBeAsked())
        {
            return [];
        }

        IReadOnlyList<string> before = _state.Known();
        var all = new List<Sandbox>();
        await _provider.CallAsync("list", Request(), line =>
        {
            if (line.Sandbox is { } sandbox)
            {
                all.Add(Accept(sandbox));
            }
        }, null, cancellationToken);
        _state.Learn(before, [.. all.Select(s => s.Id)]);
        return all;
    }

    /// <inheritdoc/>
    public async Task<Sandbox?> TryGetAsync(string nameOrId, CancellationToken cancellationToken)
    {
        if (!CanBeAsked())
        {
            return null;
        }

        try
        {
            return await GetAsync(nameOrId, cancellationToken);
        }
        catch (SandboxException e) when (e.ErrorId == SandboxErrorId.SandboxNotFound)
        {
            Forget(nameOrId);
            return null;
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> HasAsync(string id, CancellationToken cancellationToken) => ValueTask.FromResult(_state.Has(id));

    private bool CanBeAsked() => _state.MayHaveSandboxes && _state.TryRead() is { IsComplete: true };

    private async Task<Sandbox> GetAsync(string nameOrId, CancellationToken cancellationToken)
    {
        Sandbox? found = null;
        await _provider.CallAsync("get", Request() with { NameOrId = nameOrId }, line => found = line.Sandbox ?? found, nameOrId, cancellationToken);
        return Accept(found ?? throw ProviderAnswers.Violation("it names no sandbox."));
    }
}
