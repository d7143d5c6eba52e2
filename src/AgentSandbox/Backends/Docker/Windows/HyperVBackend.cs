using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Backends.Docker.Windows.Copying;
using AgentSandbox.Connection;
using AgentSandbox.Copying;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>
/// Windows containers, each in a small virtual machine of its own. No guest program is in them: commands are the engine's execs, and what those
/// can't do is said, refused, or done by stopping the container. <c>HyperVRules</c> is what may be asked for.
/// </summary>
internal sealed class HyperVBackend(EngineHost host) : EngineBackend(host)
{
    internal const string BackendName = "HyperV";

    private const long DefaultMemory = 2L << 30;
    private readonly ConcurrentDictionary<string, HeldContainer> _held = new();

    /// <inheritdoc/>
    public override string Name => BackendName;

    /// <inheritdoc/>
    public override SandboxPathStyle PathStyle => SandboxPathStyle.Windows;

    /// <inheritdoc/>
    protected override (string Reason, string Action)? Missing(EngineFacts facts) => facts.Ping.OSType == "windows"
        ? null
        : ("The engine runs Linux containers.", "Hyper-V isolation needs a Docker engine on Windows that runs Windows containers: switch Docker Desktop to Windows containers, or name such an engine with DOCKER_HOST or docker context use. On Linux use -Backend Nspawn, GVisor or Docker.");

    /// <inheritdoc/>
    public override SandboxSpecification ApplyDefaults(SandboxSpecification specification) => specification with
    {
        Backend = Name,
        Network = specification.Network ?? NetworkMode.None,
        Memory = specification.Memory ?? DefaultMemory,
        Cpu = specification.Cpu ?? 1,
        PidLimit = specification.PidLimit ?? 0,
        DiskLimit = specification.DiskLimit ?? 0,
    };

    /// <inheritdoc/>
    public override IEnumerable<SpecificationProblem> Validate(SandboxSpecification specification) => HyperVRules.Problems(specification, Host.GetFacts(), Host.Engine.Endpoint);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings(SandboxSpecification specification) => HyperVRules.Warnings(specification);

    /// <inheritdoc/>
    public override (ContainerRecord Record, ContainerCreate Request) Plan(ContainerRecord record, EngineImage image, EngineFacts facts)
    {
        string name = record.Specification.Image;
        if (!string.Equals(image.Image.Os, "windows", StringComparison.OrdinalIgnoreCase))
        {
            throw new SandboxException(SandboxErrorId.ImageNotCompatible, $"The image '{name}' is for {GuestText.Clean(image.Image.Os)}, not for Windows.", HyperVRules.ImageAdvice, record.Name);
        }

        if (WindowsVersions.WhyNot(facts.Info, image.Image.OsVersion) is { } why)
        {
            throw new SandboxException(SandboxErrorId.ImageNotCompatible, $"The image '{name}' can't run here: {why}.", "Choose the same image with the tag of another Windows version.", record.Name);
        }

        string imageUser = image.Image.Config?.User is { Length: > 0 } u && !string.Equals(u, WindowsPrograms.Administrator, StringComparison.OrdinalIgnoreCase) ? u : "";
        ContainerRecord complete = record with
        {
            User = record.Specification.User ?? (imageUser.Length > 0 ? imageUser : WindowsPrograms.User),
            Environment = record.Specification.Environment,
            WorkingDirectory = record.Specification.WorkingDirectory,
        };
        return (complete, new WindowsContainerRequest(complete, image, facts).Build(DateTimeOffset.UtcNow));
    }

    /// <inheritdoc/>
    public override ContainerCreate Request(ContainerRecord record, EngineImage image, EngineFacts facts) =>
        throw new NotSupportedException("It has no checkpoints.");

    /// <inheritdoc/>
    public override string? WhyNoCheckpoints => "An engine can't commit a Hyper-V container that runs, and nothing of this has been verified on Windows.";

    /// <inheritdoc/>
    public override async Task StartAsync(EngineContainer container, CancellationToken cancellationToken)
    {
        if (container.Record.Expires is not null && (await StateAsync(container))?.Status != "created")
        {
            // The waiting process would count the whole time anew, and nothing else ends the container in time.
            throw new SandboxException(SandboxErrorId.NotEnforceable, $"The sandbox '{container.Record.Name}' has a time to live, which can't be kept after a second start.", "Copy out what you need, then remove it and make a new one.", container.Record.Name);
        }

        MultiplexedStream? input = container.Record.ThrowAway ? await Host.Engine.AttachContainerAsync(container.ContainerId, cancellationToken) : null;
        try
        {
            await Host.Engine.StartContainerAsync(container.ContainerId, cancellationToken);
            ContainerState? state = await StateAsync(container);
            if (state?.Running != true)
            {
                throw StartFailed(container, state);
            }
        }
        catch
        {
            input?.Dispose();
            throw;
        }

        if (input is not null)
        {
            _held[container.Id] = new HeldContainer(input, container.Record.Expires, () => Host.Engine.RemoveContainerAsync(container.ContainerId, CancellationToken.None));
        }
    }

    /// <inheritdoc/>
    public override async Task<SandboxCommand> StartCommandAsync(EngineContainer container, CommandSpecification command, CancellationToken cancellationToken)
    {
        CommandDefaults.ThrowIfTerminal(command, container.Record.Specification.Backend, container.Record.Name);
        if (command.Self)
        {
            throw new SandboxException(SandboxErrorId.NotEnforceable, "A Windows container has no guest program, so this can't be done in it.", "Use a sandbox of another backend.", container.Record.Name);
        }

        long started = Stopwatch.GetTimestamp();
        ExecProcess process = await ExecProcess.StartAsync(Host.Engine, container.ContainerId, WindowsExec.Request(container.Record, command), command, cancellationToken);
        var running = new ExecCommand(process, new ExecEnder(Host.Engine, _ => Forget(container)), command, started);
        if (cancellationToken.IsCancellationRequested)
        {
            await running.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return running;
    }

    /// <inheritdoc/>
    public override ISandboxCopier? TryGetCopier(EngineContainer container, string? user, IProgress<CopyProgress>? progress) =>
        new WindowsCopy(Host.Engine, container, (command, token) => StartCommandAsync(container, command, token), user, progress);

    /// <inheritdoc/>
    public override void Forget(EngineContainer container)
    {
        if (_held.TryRemove(container.Id, out HeldContainer? held))
        {
            held.Dispose();
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        foreach (string id in _held.Keys)
        {
            if (_held.TryRemove(id, out HeldContainer? held))
            {
                held.Dispose();
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override BackendInfo Describe(EngineFacts? facts, (string Reason, string Action, string? ErrorId)? missing) => new()
    {
        Name = Name,
        Available = missing is null,
        Version = facts is null ? null : $"engine {facts.Info.ServerVersion} (API {facts.Ping.ApiVersion})",
        Strength = 60,
        SecurityBoundary = true,
        Isolates = ["the kernel: each sandbox has its own, in a Hyper-V virtual machine", "files", "processes", "network", "memory and CPU use"],
        DoesNotIsolate = HyperVRules.Gaps,
        Reason = missing?.Reason,
        RecommendedAction = missing?.Action,
        ErrorId = missing?.ErrorId,
    };

    private async Task<ContainerState?> StateAsync(EngineContainer container) =>
        (await Host.Engine.InspectContainerAsync(container.ContainerId, CancellationToken.None))?.State;

    private static SandboxException StartFailed(EngineContainer container, ContainerState? state) => new(
        SandboxErrorId.StartFailed,
        string.Create(CultureInfo.InvariantCulture, $"The sandbox ended while it started (exit code {state?.ExitCode}){(GuestText.Clean(state?.Error) is { Length: > 0 } text ? ": " + text : "")}."),
        "Check that the image is a Windows one with cmd.exe and ping.exe (nanoserver, servercore or server); the engine's log may say more.",
        container.Record.Name);
}
