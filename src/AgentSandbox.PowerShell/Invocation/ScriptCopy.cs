using System.Security.Cryptography;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>A script brought into a sandbox under a name that nobody there could guess, and taken away again. Standard input stays free for data.</summary>
internal sealed class ScriptCopy : IAsyncDisposable
{
    private readonly SandboxManager _manager;
    private readonly string _sandboxId;
    private readonly string _path;
    private readonly string? _user;

    private ScriptCopy(SandboxManager manager, string sandboxId, string path, string? user)
    {
        _manager = manager;
        _sandboxId = sandboxId;
        _path = path;
        _user = user;
    }

    /// <summary>Copies the script in, with the rights of the user that will run it.</summary>
    public static async Task<ScriptCopy> CreateAsync(SandboxManager manager, string sandboxId, ScriptSource script, string? user, CancellationToken cancellationToken)
    {
        string name = $"agentsandbox-{Convert.ToHexString(RandomNumberGenerator.GetBytes(8))}{Path.GetExtension(script.HostPath)}";
        ScriptCopy copy = new(manager, sandboxId, $"/tmp/{name}", user);
        await manager.CopyToAsync(sandboxId, script.HostPath, copy._path, user, progress: null, cancellationToken).ConfigureAwait(false);
        return copy;
    }

    /// <summary>The command that runs it.</summary>
    public CommandSpecification Command(ScriptSource script, CommandSpecification arguments) =>
        arguments with { Arguments = [.. script.Interpreter, _path, .. arguments.Arguments] };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        CommandSpecification remove = new() { Arguments = ["/bin/rm", "-f", "--", _path], User = _user, WorkingDirectory = "/", Timeout = TimeSpan.FromSeconds(10) };
        try
        {
            await _manager.RunAsync(_sandboxId, remove, standardInput: null, CancellationToken.None).ConfigureAwait(false);
        }
        catch (SandboxException)
        {
            // The sandbox is gone or is no longer able to run anything. A file left in its own /tmp harms nobody, and the
            // command's outcome is what the user waits for.
        }
    }
}
