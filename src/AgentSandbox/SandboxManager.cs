using AgentSandbox.Images;
using AgentSandbox.State;

namespace AgentSandbox;

/// <summary>Everything one can do with sandboxes on this machine. The cmdlets and the command line are thin layers over this class. Thread-safe.</summary>
public sealed partial class SandboxManager : IAsyncDisposable
{
    /// <summary>Creates a manager over a state folder.</summary>
    /// <param name="home">The state folder; that of the environment when null.</param>
    public SandboxManager(SandboxHome? home = null)
    {
        Home = home ?? new SandboxHome();
        Images = new ImageStore(Home);
    }

    /// <summary>The state folder.</summary>
    public SandboxHome Home { get; }

    /// <summary>The images.</summary>
    public ImageStore Images { get; }

    /// <summary>Describes every backend, strongest first.</summary>
    /// <returns>The facts about each, also about those that are not available here.</returns>
    public IReadOnlyList<BackendInfo> GetBackends() => throw new NotImplementedException();

    /// <summary>Checks a specification and fills in every default, without changing anything.</summary>
    /// <param name="specification">What the user asked for.</param>
    /// <returns>The specification that <see cref="CreateAsync"/> would use.</returns>
    /// <exception cref="SandboxException">The specification has problems; all of them are in <see cref="SandboxException.Problems"/>.</exception>
    public SandboxSpecification Resolve(SandboxSpecification specification) => throw new NotImplementedException();

    /// <summary>Creates and starts a sandbox.</summary>
    /// <param name="specification">What it shall be.</param>
    /// <param name="cancellationToken">Cancels the creation and removes what there was of it.</param>
    /// <returns>The running sandbox.</returns>
    /// <exception cref="SandboxException">It could not be made; nothing is left of it.</exception>
    public Task<Sandbox> CreateAsync(SandboxSpecification specification, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Looks at every sandbox on this machine, whichever process made it. Repairs what a killed process left.</summary>
    /// <returns>The sandboxes, by name.</returns>
    public IReadOnlyList<Sandbox> List() => throw new NotImplementedException();

    /// <summary>Looks at one sandbox.</summary>
    /// <param name="nameOrId">Its name (without regard to case) or id.</param>
    /// <returns>The sandbox.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.SandboxNotFound"/>.</exception>
    public Sandbox Get(string nameOrId) => throw new NotImplementedException();

    /// <summary>Starts a stopped or failed sandbox on the file system that it had. A running one stays as it is.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>The running sandbox.</returns>
    public Task<Sandbox> StartAsync(string id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Ends everything in a sandbox; its file system is kept. A stopped one stays as it is.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>The stopped sandbox.</returns>
    public Task<Sandbox> StopAsync(string id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Ends everything in a sandbox and deletes all there is of it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>A task that completes when nothing is left.</returns>
    public Task RemoveAsync(string id, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Starts a command in a running sandbox, over a connection that this manager keeps open for the next one.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Cancels the start, not the command.</param>
    /// <returns>The running command.</returns>
    public Task<SandboxCommand> StartCommandAsync(string id, CommandSpecification command, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Runs a command to its end and captures what it writes. Cancelling ends the command, all of it.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="command">The command.</param>
    /// <param name="standardInput">Copied to the command's standard input, when <see cref="CommandSpecification.StandardInput"/> is set.</param>
    /// <param name="cancellationToken">Ends the command.</param>
    /// <returns>How it ended and what it wrote.</returns>
    public Task<CommandResult> RunAsync(string id, CommandSpecification command, Stream? standardInput = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Closes the connections that are kept open. Sandboxes live on.</summary>
    /// <returns>A task that completes when they are closed.</returns>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
