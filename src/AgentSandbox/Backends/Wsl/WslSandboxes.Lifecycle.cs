using AgentSandbox.Backends.Nspawn;
using AgentSandbox.Backends.Wsl.Mounts;
using AgentSandbox.Backends.Wsl.Provider;
using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Backends.Wsl;

/// <summary>Creating, starting, stopping and removing.</summary>
internal sealed partial class WslSandboxes
{
    /// <inheritdoc/>
    public async Task<Sandbox> CreateAsync(SandboxSpecification specification, bool throwAway, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        var copies = new MountCopies(specification.Mounts);
        ProviderRequest request = Request() with
        {
            Specification = specification with { Backend = NspawnBackend.BackendName },
            ThrowAway = throwAway,
            CopiedMounts = copies.Indexes.Count > 0 ? copies.Indexes : null,
        };
        string pending = _state.Begin();
        Sandbox? made = null;
        bool isAnswered = false;
        try
        {
            ProviderExchange exchange = await _provider.OpenAsync("create", request, copies.Indexes.Count > 0 ? (stream, token) => copies.SendAsync(stream, progress, token) : null, cancellationToken);
            try
            {
                made = await ReadCreatedAsync(exchange, throwAway, specification.Name, progress, () => isAnswered = true, cancellationToken);
                if (throwAway)
                {
                    _owned[made.Id] = exchange;
                }
            }
            finally
            {
                if (made is null || !throwAway)
                {
                    await exchange.DisposeAsync(); // The end of its input is what cancels a creation, and removes what there was of it.
                }
            }

            return made;
        }
        finally
        {
            // Where it is not certain that nothing was made, the next look asks.
            if (made is not null || isAnswered)
            {
                _state.Complete(pending, made?.Id);
            }
        }
    }

    private async Task<Sandbox> ReadCreatedAsync(ProviderExchange exchange, bool throwAway, string? name, IProgress<SandboxProgress>? progress, Action onEnd, CancellationToken cancellationToken)
    {
        Sandbox? made = null;
        while (true)
        {
            ProviderLine line = await exchange.ReadAsync(cancellationToken);
            Report(line, progress);
            if (line.Sandbox is { } sandbox)
            {
                made = Accept(sandbox);
                if (throwAway)
                {
                    return made; // The last line comes when the sandbox has ended.
                }
            }

            if (line.End)
            {
                onEnd();
                _provider.Finish(line, name);
                return made ?? throw ProviderAnswers.Violation("it names no sandbox.");
            }
        }
    }

    /// <inheritdoc/>
    public Task<Sandbox> StartAsync(string id, CancellationToken cancellationToken) => OperateAsync("start", id, cancellationToken);

    /// <inheritdoc/>
    public async Task<Sandbox> StopAsync(string id, CancellationToken cancellationToken)
    {
        Sandbox stopped = await OperateAsync("stop", id, cancellationToken);
        _connections.DropAll(id + "/");
        return stopped;
    }

    /// <inheritdoc/>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        if (_owned.TryRemove(id, out ProviderExchange? exchange))
        {
            _connections.DropAll(id + "/");
            if (await TryEndOwnedAsync(exchange))
            {
                Forget(id);
                return;
            }
        }

        await CallAsync("remove", id, Request() with { Id = id }, null, cancellationToken);
        Forget(id);
    }

    /// <summary>A throw-away sandbox ends with the input of the call that made it, which then says so.</summary>
    /// <returns>False when it did not say so: the call was ended by somebody, say.</returns>
    private static async Task<bool> TryEndOwnedAsync(ProviderExchange exchange)
    {
        await using (exchange)
        {
            try
            {
                exchange.Input.Close();
                return await exchange.ReadAsync(CancellationToken.None) is { End: true, Error: null };
            }
            catch (Exception e) when (e is SandboxException or IOException)
            {
                return false; // Removed by asking for it, then, which says what is wrong if anything is.
            }
        }
    }

    private async Task<Sandbox> OperateAsync(string verb, string id, CancellationToken cancellationToken)
    {
        Sandbox? found = null;
        await CallAsync(verb, id, Request() with { Id = id }, line => found = line.Sandbox ?? found, cancellationToken);
        return Accept(found ?? throw ProviderAnswers.Violation("it names no sandbox."));
    }

    private static void Report(ProviderLine line, IProgress<SandboxProgress>? progress)
    {
        if (line.Progress is { } step)
        {
            progress?.Report(new SandboxProgress(Connection.GuestText.Clean(step.Activity), Connection.GuestText.Clean(step.Status), Math.Clamp(step.PercentComplete, -1, 100)));
        }
    }

    private async Task CallAsync(string verb, string id, ProviderRequest request, Action<ProviderLine>? onLine, CancellationToken cancellationToken)
    {
        try
        {
            await _provider.CallAsync(verb, request, onLine, id, cancellationToken);
        }
        catch (SandboxException e) when (e.ErrorId == SandboxErrorId.SandboxNotFound)
        {
            Forget(id);
            throw;
        }
    }
}
