using AgentSandbox.Backends;
using AgentSandbox.Connection;
using AgentSandbox.State;

namespace AgentSandbox;

public sealed partial class SandboxManager
{
    /// <summary>Starts a command in a running sandbox, over a connection that this manager keeps open for the next one.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Cancels the start, not the command.</param>
    /// <returns>The running command.</returns>
    /// <exception cref="SandboxException">The sandbox does not run, or the command could not be started.</exception>
    public async Task<SandboxCommand> StartCommandAsync(string id, CommandSpecification command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        ThrowIfNotRoot();
        if (command.Arguments.Count == 0 || command.Arguments.Any(a => a is null || a.Contains('\0', StringComparison.Ordinal)))
        {
            throw new SandboxException(SandboxErrorId.InvalidSpecification, "The command is empty or has a NUL character in it.", "Name a program; its arguments can't have NUL in them (execve(2)).", id);
        }

        SpecificationValidator.ThrowIfInvalid(command.Environment);
        SandboxRecord record = Record(id);
        ISandboxBackend backend = Backend(record);
        string run = backend.RunId(record) ?? throw NotRunning(record, backend);
        CommandSpecification complete = command with
        {
            User = command.User ?? record.Specification.User,
            WorkingDirectory = command.WorkingDirectory ?? record.Specification.WorkingDirectory,
            Environment = Merge(record.Specification.Environment, command.Environment),
        };
        ActivityLease? lease = record.Specification.IdleTimeout is null ? null : ActivityLease.Take(Path.Combine(Home.SandboxRuntime(id), ActivityFile));
        try
        {
            SandboxCommand started = await _connections.StartAsync($"{id}/{run}", ct => backend.ConnectAsync(record, ct), complete, cancellationToken);
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

    /// <summary>Runs a command to its end and captures what it writes. Cancelling ends the command, all of it.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="command">The command.</param>
    /// <param name="standardInput">Copied to the command's standard input, when <see cref="CommandSpecification.StandardInput"/> is set.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>How it ended and what it wrote.</returns>
    public async Task<CommandResult> RunAsync(string id, CommandSpecification command, Stream? standardInput = null, CancellationToken cancellationToken = default)
    {
        await using SandboxCommand started = await StartCommandAsync(id, command, cancellationToken);
        return await CommandCapture.RunAsync(started, standardInput, cancellationToken);
    }

    private static SandboxException NotRunning(SandboxRecord record, ISandboxBackend backend)
    {
        SandboxStatus status = backend.Inspect(record);
        return new SandboxException(
            SandboxErrorId.SandboxNotRunning,
            $"The sandbox '{record.Name}' is {status.State}{(status.Reason is null ? "" : ": " + status.Reason)}.",
            $"Start it: Start-AgentSandbox {record.Name} (agentsandbox start {record.Name}).",
            record.Name);
    }

    private static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string> first, IReadOnlyDictionary<string, string> second)
    {
        if (first.Count == 0 || second.Count == 0)
        {
            return second.Count == 0 ? first : second;
        }

        var merged = new Dictionary<string, string>(first, StringComparer.Ordinal);
        foreach ((string name, string value) in second)
        {
            merged[name] = value;
        }

        return merged;
    }

    internal const string ActivityFile = "activity";
}
