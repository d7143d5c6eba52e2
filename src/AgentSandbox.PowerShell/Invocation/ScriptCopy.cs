using System.Security.Cryptography;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>A script brought into a sandbox under a name that nobody there could guess, and taken away again. Standard input stays free for data.</summary>
internal sealed class ScriptCopy : IAsyncDisposable
{
    private readonly SandboxManager _manager;
    private readonly string _sandboxId;
    private readonly string _path;
    private readonly string? _user;
    private readonly bool _isWindows;

    private ScriptCopy(SandboxManager manager, SandboxLease sandbox, string name, string? user)
    {
        _manager = manager;
        _sandboxId = sandbox.Id;
        _isWindows = manager.RunsWindows(sandbox.Backend);
        _path = _isWindows ? $@"C:\Windows\Temp\{name}" : $"/tmp/{name}";
        _user = user;
    }

    /// <summary>Copies the script in, with the rights of the user that will run it.</summary>
    public static async Task<ScriptCopy> CreateAsync(SandboxManager manager, SandboxLease sandbox, ScriptSource script, string? user, CancellationToken cancellationToken)
    {
        string name = $"agentsandbox-{Convert.ToHexString(RandomNumberGenerator.GetBytes(8))}{Path.GetExtension(script.HostPath)}";
        ScriptCopy copy = new(manager, sandbox, name, user);
        _ = copy.Interpreter(script); // What can't be run is not brought in.
        await manager.CopyToAsync(sandbox.Id, script.HostPath, copy._path, user, progress: null, cancellationToken).ConfigureAwait(false);
        return copy;
    }

    /// <summary>The command that runs it.</summary>
    public CommandSpecification Command(ScriptSource script, CommandSpecification arguments) =>
        arguments with { Arguments = [.. Interpreter(script), _path, .. arguments.Arguments] };

    private IReadOnlyList<string> Interpreter(ScriptSource script) => _isWindows ? script.WindowsInterpreter : script.Interpreter;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        CommandSpecification remove = new()
        {
            Arguments = _isWindows ? ["cmd.exe", "/d", "/c", $"del /f /q {_path}"] : ["/bin/rm", "-f", "--", _path],
            User = _user,
            WorkingDirectory = _isWindows ? @"C:\" : "/",
            Timeout = TimeSpan.FromSeconds(10),
        };
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
