using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Copying;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox;

/// <summary>Commands, each over a connection that is kept open for the next one.</summary>
internal sealed partial class WindowsSandboxes
{
    /// <inheritdoc/>
    public async Task<SandboxCommand> StartCommandAsync(string id, CommandSpecification command, CancellationToken cancellationToken)
    {
        SandboxRecord record = Record(id);
        CommandDefaults.ThrowIfTerminal(command, record.Specification.Backend, record.Name);
        InstancePaths paths = Paths(id);
        if (!FileLock.IsHeld(paths.KeeperLock) || State(id) is not { Phase: InstancePhase.Running, Reason: null } state)
        {
            throw await NotRunningAsync(record, cancellationToken);
        }

        CommandSpecification complete = CommandDefaults.Complete(WindowsCommand.Of(command), record.Specification);
        complete = WindowsSandboxRules.IsTheUser(complete.User) ? complete with { User = null } : complete;
        if (complete.User is not null)
        {
            throw new SandboxException(SandboxErrorId.UserNotFound, $"An instance of Windows Sandbox has one user, {WindowsSandboxRules.User}.", "Leave -User out.", record.Name);
        }

        try
        {
            return await _connections.StartAsync($"{id}/{state.InstanceId}", ct => _door.ConnectAsync(paths, ct), complete, cancellationToken);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SandboxException { ErrorId: SandboxErrorId.GuestDisconnected or SandboxErrorId.GuestNotResponding })
        {
            if (!FileLock.IsHeld(paths.KeeperLock))
            {
                throw await NotRunningAsync(record, cancellationToken);
            }

            if (e is SandboxException)
            {
                throw;
            }

            throw new SandboxException(SandboxErrorId.GuestDisconnected, $"The sandbox '{record.Name}' can't be reached: {e.Message}", "Look at its state with Get-AgentSandbox.", record.Name, e);
        }
    }

    /// <inheritdoc/>
    public Task<ISandboxCopier?> TryGetCopierAsync(string id, string? user, IProgress<CopyProgress>? progress, CancellationToken cancellationToken) =>
        Task.FromResult<ISandboxCopier?>(new CopyTransfer((command, token) => StartCommandAsync(id, command, token), user, progress, SandboxPathStyle.Windows));

    private async Task<SandboxException> NotRunningAsync(SandboxRecord record, CancellationToken cancellationToken)
    {
        Sandbox sandbox = await SnapshotAsync(record, cancellationToken);
        return new SandboxException(
            SandboxErrorId.SandboxNotRunning,
            $"The sandbox '{record.Name}' is {sandbox.State}{(sandbox.StateReason is { } reason ? ": " + reason : ".")}",
            "Its files are gone with its instance. Remove it and create another.",
            record.Name);
    }
}
