using AgentSandbox.Backends.Wsl.Provider;
using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Backends.Wsl;

/// <summary>Commands, each over a connection that is kept open for the next one.</summary>
internal sealed partial class WslSandboxes
{
    /// <inheritdoc/>
    public async Task<SandboxCommand> StartCommandAsync(string id, CommandSpecification command, CancellationToken cancellationToken)
    {
        try
        {
            SandboxSpecification specification = _specifications.TryGetValue(id, out SandboxSpecification? known) ? known : (await GetAsync(id, cancellationToken)).Specification;

            // The distribution counts a sandbox as busy for as long as it is connected to; one that is to be stopped when idle gets connections for one command.
            bool isCounted = specification.IdleTimeout is not null;
            string key = $"{id}/{(isCounted ? Guid.NewGuid().ToString("N") : "")}";
            try
            {
                SandboxCommand started = await _connections.StartAsync(key, token => ConnectAsync(id, token), CommandDefaults.Complete(command, specification), cancellationToken);
                if (isCounted)
                {
                    _ = started.Completion.ContinueWith(_ => _connections.Drop(key), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                }

                return started;
            }
            catch when (isCounted)
            {
                _connections.Drop(key);
                throw;
            }
        }
        catch (SandboxException e) when (e.ErrorId == SandboxErrorId.SandboxNotFound)
        {
            Forget(id);
            throw;
        }
        catch (IOException e)
        {
            throw new SandboxException(SandboxErrorId.GuestDisconnected, $"The sandbox '{id}' can't be reached: {e.Message}", "Look at its state with Get-AgentSandbox; start it again if it has stopped.", id, e);
        }
    }

    private async Task<Stream> ConnectAsync(string id, CancellationToken cancellationToken)
    {
        ProviderExchange exchange = await _provider.OpenAsync("connect", Request() with { Id = id }, null, cancellationToken);
        try
        {
            ProviderLine line = await exchange.ReadAsync(cancellationToken);
            if (!line.End)
            {
                throw ProviderAnswers.Violation("it does not connect.");
            }

            _provider.Finish(line, id);
            return new ExchangeStream(exchange);
        }
        catch
        {
            await exchange.DisposeAsync();
            throw;
        }
    }
}
