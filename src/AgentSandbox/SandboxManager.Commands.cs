using AgentSandbox.Connection;

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
        if (command.Arguments.Count == 0 || command.Arguments.Any(a => a is null || a.Contains('\0', StringComparison.Ordinal)))
        {
            throw new SandboxException(SandboxErrorId.InvalidSpecification, "The command is empty or has a NUL character in it.", "Name a program; its arguments can't have NUL in them (execve(2)).", id);
        }

        SpecificationValidator.ThrowIfInvalid(command.Environment);
        return await (await OwnerAsync(id, cancellationToken)).StartCommandAsync(id, command, cancellationToken);
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
}
