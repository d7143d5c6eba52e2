using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Copying;

namespace AgentSandbox.Backends.Docker;

/// <summary>A backend whose sandboxes are an engine's containers. What differs between the kinds of containers is in the classes below; what all share is in <see cref="EngineSandboxes"/>.</summary>
/// <param name="host">The engine.</param>
internal abstract class EngineBackend(EngineHost host) : ISandboxBackend, IAsyncDisposable
{
    /// <summary>The engine.</summary>
    protected EngineHost Host { get; } = host;

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public virtual SandboxPathStyle PathStyle => SandboxPathStyle.Linux;

    /// <inheritdoc/>
    public BackendInfo Describe()
    {
        try
        {
            if (!Host.IsExpected)
            {
                return Describe(null, ("There is no container engine on this machine.", InstallAdvice, null));
            }

            EngineFacts facts = Host.GetFacts();
            return Describe(facts, Missing(facts) is { } missing ? (missing.Reason, missing.Action, null) : null);
        }
        catch (SandboxException e)
        {
            return Describe(null, (e.Message, e.RecommendedAction, e.ErrorId));
        }
        catch (DockerEngineException e)
        {
            return Describe(null, ($"The engine answers with an error: {e.Message}", "Look at the engine's log.", SandboxErrorId.EngineFailed));
        }
    }

    /// <inheritdoc/>
    public abstract SandboxSpecification ApplyDefaults(SandboxSpecification specification);

    /// <inheritdoc/>
    public abstract IEnumerable<SpecificationProblem> Validate(SandboxSpecification specification);

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> Warnings(SandboxSpecification specification) => [];

    /// <inheritdoc/>
    public PayloadPlace PayloadPlace => Place(Host.GetFacts());

    /// <summary>Where commands run.</summary>
    /// <param name="facts">The engine.</param>
    protected virtual PayloadPlace Place(EngineFacts facts) => facts.IsLocal ? PayloadPlace.ThisKernel : PayloadPlace.OtherMachine;

    /// <summary>Makes the request that makes a container.</summary>
    /// <param name="record">The sandbox, without what the image decides.</param>
    /// <param name="image">The image, which the engine has.</param>
    /// <param name="facts">The engine.</param>
    /// <returns>The complete record, and the request, which has no labels yet.</returns>
    /// <exception cref="SandboxException">The image does not fit.</exception>
    public abstract (ContainerRecord Record, ContainerCreate Request) Plan(ContainerRecord record, EngineImage image, EngineFacts facts);

    /// <summary>Makes the request again that made a sandbox's container, over another image.</summary>
    /// <param name="record">The complete record.</param>
    /// <param name="image">An image that was made of such a container.</param>
    /// <param name="facts">The engine.</param>
    /// <returns>The request, which has no labels yet.</returns>
    public abstract ContainerCreate Request(ContainerRecord record, EngineImage image, EngineFacts facts);

    /// <summary>Why a container's files can't be kept by the engine, if they can't.</summary>
    /// <param name="container">The container.</param>
    /// <param name="inspect">How it is now.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The reason, as a sentence; null when they can.</returns>
    public virtual Task<string?> WhyNoCommitAsync(EngineContainer container, ContainerInspect inspect, CancellationToken cancellationToken) => Task.FromResult(WhyNoCheckpoints);

    /// <summary>Why sandboxes of this kind have no checkpoints, if they have none; a sentence.</summary>
    public virtual string? WhyNoCheckpoints => null;

    /// <summary>Starts a container that does not run, and waits until commands can run in it.</summary>
    /// <param name="container">The container.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when commands can run.</returns>
    public abstract Task StartAsync(EngineContainer container, CancellationToken cancellationToken);

    /// <summary>Starts a command.</summary>
    /// <param name="container">A container that should run.</param>
    /// <param name="command">The command, as the user gave it.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>The running command.</returns>
    public abstract Task<SandboxCommand> StartCommandAsync(EngineContainer container, CommandSpecification command, CancellationToken cancellationToken);

    /// <summary>Finds who copies files, where it is not the guest program.</summary>
    /// <param name="container">The container.</param>
    /// <param name="user">User in the sandbox; null is the sandbox's own.</param>
    /// <param name="progress">Told how far a copy is.</param>
    /// <returns>Who copies; null when it is the guest.</returns>
    public virtual ISandboxCopier? TryGetCopier(EngineContainer container, string? user, IProgress<CopyProgress>? progress) => null;

    /// <summary>Forgets what is kept open to a container, which has been stopped or removed.</summary>
    /// <param name="container">The container.</param>
    public abstract void Forget(EngineContainer container);

    /// <summary>Closes what is kept open to all containers.</summary>
    /// <returns>A task that completes when it is closed.</returns>
    public abstract ValueTask DisposeAsync();

    /// <summary>Why the backend can't be used with an engine, if it can't.</summary>
    /// <param name="facts">The engine.</param>
    protected abstract (string Reason, string Action)? Missing(EngineFacts facts);

    /// <summary>Describes the backend.</summary>
    /// <param name="facts">The engine, null when it does not answer.</param>
    /// <param name="missing">Why it is not available.</param>
    protected abstract BackendInfo Describe(EngineFacts? facts, (string Reason, string Action, string? ErrorId)? missing);

    private static string InstallAdvice => OperatingSystem.IsWindows()
        ? "Install Docker Desktop, or name an engine with DOCKER_HOST or docker context use."
        : "Install one (apt-get install docker.io), or name one with DOCKER_HOST or docker context use.";
}

/// <summary>A container of a sandbox.</summary>
/// <param name="Id">The sandbox's id: the first 12 digits of its first container's, as docker shows it.</param>
/// <param name="ContainerId">The container's id.</param>
/// <param name="Record">What is fixed about the sandbox.</param>
internal sealed record EngineContainer(string Id, string ContainerId, ContainerRecord Record)
{
    /// <summary>Digits of a sandbox's id.</summary>
    public const int IdLength = 12;

    /// <summary>Tells whether a text can be a sandbox's id.</summary>
    /// <param name="text">The text.</param>
    /// <returns>True when it can.</returns>
    public static bool IsId(string text) => text.Length == IdLength && text.All(char.IsAsciiHexDigitLower);

    /// <summary>Names a container of a sandbox.</summary>
    /// <param name="containerId">The container's id.</param>
    /// <param name="record">What its labels say.</param>
    /// <returns>The container.</returns>
    public static EngineContainer Of(string containerId, ContainerRecord record) => new(record.SandboxId ?? containerId[..IdLength], containerId, record);
}

/// <summary>An image that the engine has.</summary>
/// <param name="Reference">What names it to the engine.</param>
/// <param name="Image">What the engine says about it.</param>
/// <param name="HostBinds">Folders of this machine that belong to it, mounted read-only.</param>
/// <param name="DefaultUser">User of commands when nobody says one, and the image says none or root.</param>
/// <param name="DefaultHome">That user's home, where the image has no entry for it.</param>
internal sealed record EngineImage(string Reference, ImageInspect Image, IReadOnlyList<string> HostBinds, string DefaultUser, string? DefaultHome);
