using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Local;

/// <summary>Commands, each over a connection that is kept open for the next one.</summary>
internal sealed partial class LocalSandboxes
{
    /// <inheritdoc/>
    public async Task<SandboxCommand> StartCommandAsync(string id, CommandSpecification command, CancellationToken cancellationToken)
    {
        ThrowIfNotRoot();
        SandboxRecord record = Record(id);
        ILocalBackend backend = Backend(record);
        string run = backend.RunId(record) ?? throw NotRunning(record, backend);
        ActivityLease? lease = record.Specification.IdleTimeout is null ? null : ActivityLease.Take(Path.Combine(_home.SandboxRuntime(id), ActivityFile));
        try
        {
            SandboxCommand started = await _connections.StartAsync($"{id}/{run}", ct => backend.ConnectAsync(record, ct), CommandDefaults.Complete(command, record.Specification), cancellationToken);
            if (lease is not null)
            {
                _ = started.Completion.ContinueWith(_ => lease.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            }

            return started;
        }
        catch (Exception e)
        {
            lease?.Dispose();
            if (e is IOException or System.Net.Sockets.SocketException)
            {
                throw new SandboxException(SandboxErrorId.GuestDisconnected, $"The sandbox '{record.Name}' can't be reached: {e.Message}", "Look at its state with Get-AgentSandbox; start it again if it has stopped.", record.Name, e);
            }

            throw;
        }
    }

    /// <summary>Opens a stream to a running sandbox's guest, for somebody who speaks to it from elsewhere.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The stream, and what says that the sandbox is busy for as long as it is used; null when nobody wants to know.</returns>
    /// <exception cref="SandboxException">It is not here, or does not run.</exception>
    public async Task<(System.Net.Sockets.NetworkStream Guest, ActivityLease? Lease)> ConnectAsync(string id, CancellationToken cancellationToken)
    {
        ThrowIfNotRoot();
        SandboxRecord record = Record(id);
        ILocalBackend backend = Backend(record);
        _ = backend.RunId(record) ?? throw NotRunning(record, backend);
        ActivityLease? lease = record.Specification.IdleTimeout is null ? null : ActivityLease.Take(Path.Combine(_home.SandboxRuntime(id), ActivityFile));
        try
        {
            return ((System.Net.Sockets.NetworkStream)await backend.ConnectAsync(record, cancellationToken), lease);
        }
        catch (Exception e)
        {
            lease?.Dispose();
            if (e is System.Net.Sockets.SocketException)
            {
                throw new SandboxException(SandboxErrorId.GuestDisconnected, $"The sandbox '{record.Name}' can't be reached: {e.Message}", "Look at its state with Get-AgentSandbox; start it again if it has stopped.", record.Name, e);
            }

            throw;
        }
    }

    private static SandboxException NotRunning(SandboxRecord record, ILocalBackend backend)
    {
        SandboxStatus status = backend.Inspect(record);
        return CommandDefaults.NotRunning(record.Name, status.State, status.Reason);
    }

    internal const string ActivityFile = "activity";
}
