using System.Globalization;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Docker.Linux;

/// <summary>What Docker's and gVisor's containers share: a Linux image, with our guest program as the first process.</summary>
internal abstract class LinuxContainerBackend(EngineHost host) : EngineBackend(host)
{
    private const long DefaultMemory = 1L << 30;
    private const int CommonPids = 512;
    private const long DefaultDisk = 2L << 30;
    private readonly GuestConnectionPool _connections = new();

    /// <summary>Limit of processes and threads when none is asked for.</summary>
    protected virtual int DefaultPids => CommonPids;

    /// <summary>Name of the engine's runtime; null is its default.</summary>
    /// <param name="facts">The engine.</param>
    protected virtual string? Runtime(EngineFacts facts) => null;

    /// <summary>
    /// The guest is root with the few capabilities that it takes to become another user, and each command's user is the guest's to take on. Else the
    /// guest is the commands' user itself, with no capability, and a command of another user has a guest of its own.
    /// </summary>
    protected virtual bool GuestIsRoot => false;

    /// <inheritdoc/>
    protected override (string Reason, string Action)? Missing(EngineFacts facts) =>
        facts.Ping.OSType != "linux" ? ("The engine runs Windows containers.", "Switch Docker Desktop to Linux containers, or use -Backend HyperV.")
        : facts.Info.Architecture is not ("x86_64" or "amd64") ? ($"The engine's machine is {facts.Info.Architecture}; this build has its guest program for x86-64 only.", "Use an engine on an x86-64 machine.")
        : null;

    /// <inheritdoc/>
    public override SandboxSpecification ApplyDefaults(SandboxSpecification specification) => specification with
    {
        Backend = Name,
        Network = specification.Network ?? NetworkMode.None,
        Memory = specification.Memory ?? DefaultMemory,
        Cpu = specification.Cpu ?? 1,
        PidLimit = specification.PidLimit ?? DefaultPids,
        DiskLimit = specification.DiskLimit ?? (CanLimitDisk(Host.GetFacts().Info) ? DefaultDisk : 0),
    };

    /// <inheritdoc/>
    public override IEnumerable<SpecificationProblem> Validate(SandboxSpecification specification)
    {
        EngineFacts facts = Host.GetFacts();
        foreach ((string parameter, bool asked, bool can) in new[]
        {
            ("Memory", specification.Memory > 0, facts.Info.MemoryLimit),
            ("PidLimit", specification.PidLimit > 0, facts.Info.PidsLimit),
            ("Cpu", specification.Cpu > 0, facts.Info.CpuCfsQuota),
        })
        {
            if (asked && !can)
            {
                yield return new(SandboxErrorId.NotEnforceable, parameter, $"The engine's machine can't enforce {parameter}: its control group is missing.", $"Enable the controller there, or ask for no limit with -{parameter} 0.");
            }
        }

        if (specification.DiskLimit > 0 && !MayLimitDisk(facts.Info))
        {
            yield return new(SandboxErrorId.NotEnforceable, "DiskLimit", $"The engine's storage ({facts.Info.Driver} on {BackingFileSystem(facts.Info)}) can't limit disk use.", "Leave -DiskLimit out, use -ReadOnly, or move the engine's data to btrfs, or to xfs mounted with pquota.");
        }

        // With this machine's /usr as image nothing can be made there at all, which is said of the image.
        bool isHostImage = string.Equals(specification.Image, SandboxSpecification.HostImage, StringComparison.OrdinalIgnoreCase);
        if (specification.Mounts.Count > 0 && !facts.IsLocal && !facts.IsDesktop && !isHostImage)
        {
            yield return new(SandboxErrorId.MountNotSupported, "Mount", "The engine is on another machine, which does not have this machine's folders.", "Copy what the sandbox needs with Copy-SandboxItem.");
        }

        if (specification.User is null && WritableOwners(specification).Distinct().Count() > 1)
        {
            yield return new(SandboxErrorId.NotEnforceable, "Mount", "The writable mounts belong to different users, and a container's commands run as one.", "Name that one with -User, or mount folders of one owner.");
        }

        foreach (SpecificationProblem problem in ValidateFor(specification, facts))
        {
            yield return problem;
        }
    }

    /// <summary>Adds what only this kind of container can't enforce.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <param name="facts">The engine.</param>
    protected virtual IEnumerable<SpecificationProblem> ValidateFor(SandboxSpecification specification, EngineFacts facts) => [];

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings(SandboxSpecification specification) =>
        specification.User is null && WritableOwners(specification).Any(o => o.Uid == 0)
            ? ["Commands run as root (with no capability): a folder that belongs to root is mounted for writing. Give the folder to another user, or say -User, if you don't want that."]
            : [];

    /// <inheritdoc/>
    public override (ContainerRecord Record, ContainerCreate Request) Plan(ContainerRecord record, EngineImage image, EngineFacts facts)
    {
        if (image.Image.Os is not (null or "" or "linux") || image.Image.Architecture is not (null or "" or "amd64" or "x86_64"))
        {
            throw new SandboxException(SandboxErrorId.ImageNotCompatible, $"The image '{record.Specification.Image}' is for {image.Image.Os}/{image.Image.Architecture}; this backend runs linux/amd64.", "Choose another image.", record.Name);
        }

        ContainerRecord complete = Complete(record, image);
        return (complete, Request(complete, image, facts));
    }

    /// <inheritdoc/>
    public override ContainerCreate Request(ContainerRecord record, EngineImage image, EngineFacts facts) =>
        new LinuxContainerRequest(record, image, facts) { GuestProgram = SandboxPrograms.Guest, Runtime = Runtime(facts), GuestIsRoot = GuestIsRoot }.Build();

    /// <inheritdoc/>
    public override Task<string?> WhyNoCommitAsync(EngineContainer container, ContainerInspect inspect, CancellationToken cancellationToken) => Task.FromResult(
        inspect.Mounts?.FirstOrDefault(m => m.Type == "volume" && m.Destination != LinuxContainerRequest.GuestFolder) is { } volume
            ? $"Its image keeps {Connection.GuestText.Clean(volume.Destination)} in a volume, whose files are in no checkpoint of an engine."
            : null);

    /// <inheritdoc/>
    public override async Task StartAsync(EngineContainer container, CancellationToken cancellationToken)
    {
        EngineFacts facts = await Host.GetFactsAsync(cancellationToken);
        if (!facts.IsLocal)
        {
            await GuestUpload.PutAsync(Host.Engine, container.ContainerId, cancellationToken);
        }

        // Attached before the start: the first connection costs no exec, and a throw-away sandbox ends with it.
        GuestStream stream = new(await Host.Engine.AttachContainerAsync(container.ContainerId, cancellationToken));
        try
        {
            await Host.Engine.StartContainerAsync(container.ContainerId, cancellationToken);
            _connections.Adopt(Key(container, null), await GuestConnection.OpenAsync(stream, cancellationToken));
            await CheckUserAsync(container, cancellationToken);
        }
        catch (SandboxException e) when (e.ErrorId is SandboxErrorId.GuestDisconnected or SandboxErrorId.GuestNotResponding or SandboxErrorId.ProtocolViolation)
        {
            await stream.DisposeAsync();
            throw await ExplainAsync(container, stream.ErrorText, e);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Task<SandboxCommand> StartCommandAsync(EngineContainer container, CommandSpecification command, CancellationToken cancellationToken)
    {
        SandboxSpecification specification = container.Record.Specification;
        string? otherUser = command.User is { } user && user != specification.User && user != container.Record.User ? user : null;
        CommandSpecification complete = command with
        {
            //// A guest that is no root runs as that user already, and can't become another one.
            User = GuestIsRoot ? command.User ?? container.Record.User : null,
            WorkingDirectory = command.WorkingDirectory ?? container.Record.WorkingDirectory,
            Environment = CommandDefaults.Merge(WithHome(container.Record, otherUser), command.Environment),
        };
        string? guestUser = GuestIsRoot ? null : otherUser;
        return _connections.StartAsync(Key(container, guestUser), ct => ConnectAsync(container, guestUser, ct), complete, cancellationToken);
    }

    /// <summary>An engine says at the start when the user of its process is unknown; where that is root, the guest is asked.</summary>
    private async Task CheckUserAsync(EngineContainer container, CancellationToken cancellationToken)
    {
        if (GuestIsRoot && container.Record.Specification.User is not null)
        {
            await using SandboxCommand nothing = await StartCommandAsync(container, new CommandSpecification { Arguments = [LinuxContainerRequest.GuestPath], WorkingDirectory = "/" }, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public override void Forget(EngineContainer container) => _connections.DropAll(container.Id + "/");

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => _connections.DisposeAsync();

    private async Task<Stream> ConnectAsync(EngineContainer container, string? user, CancellationToken cancellationToken)
    {
        string exec = await Host.Engine.CreateExecAsync(
            container.ContainerId,
            new ExecCreate
            {
                Cmd = [LinuxContainerRequest.GuestPath, .. LinuxContainerRequest.Serve(container.Record)],
                User = GuestIsRoot ? LinuxContainerRequest.Root : user ?? container.Record.User,
                WorkingDir = "/",
                AttachStdin = true,
            },
            cancellationToken);
        return new GuestStream(
            await Host.Engine.StartExecAsync(exec, cancellationToken),
            text => EngineRefusal.Translate(new DockerEngineException(0, text), $"The sandbox '{container.Record.Name}' could not be connected to:", container.Record.Name));
    }

    private async Task<SandboxException> ExplainAsync(EngineContainer container, string said, SandboxException error)
    {
        ContainerState? state = (await Host.Engine.InspectContainerAsync(container.ContainerId, CancellationToken.None))?.State;
        string text = string.Join(" ", new[] { said, GuestText.Clean(state?.Error) }.Where(t => t.Length > 0));
        return state is { Running: false } || text.Length > 0
            ? new SandboxException(
                SandboxErrorId.StartFailed,
                string.Create(CultureInfo.InvariantCulture, $"The sandbox ended while it started (exit code {state?.ExitCode}): {(text.Length > 0 ? text : error.Message)}"),
                "Check the specification and the image; docs/errors.md lists common causes.",
                container.Record.Name,
                error)
            : error;
    }

    private static ContainerRecord Complete(ContainerRecord record, EngineImage image)
    {
        SandboxSpecification specification = record.Specification;
        ImageConfig config = image.Image.Config ?? new ImageConfig();
        string imageUser = config.User is { Length: > 0 } u && u.Split(':')[0] is not ("root" or "0") ? u : "";
        string user = specification.User
            ?? WritableOwners(specification).Select(o => string.Create(CultureInfo.InvariantCulture, $"{o.Uid}:{o.Gid}")).FirstOrDefault()
            ?? (imageUser.Length > 0 ? imageUser : image.DefaultUser);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string variable in config.Env ?? [])
        {
            int equals = variable.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                variables[variable[..equals]] = variable[(equals + 1)..];
            }
        }

        return record with
        {
            User = user,
            Home = user == image.DefaultUser ? image.DefaultHome : null,
            WorkingDirectory = specification.WorkingDirectory ?? (config.WorkingDir is { Length: > 0 } folder && folder != "/" ? folder : null),
            Environment = CommandDefaults.Merge(variables, specification.Environment),
        };
    }

    private static IReadOnlyDictionary<string, string> WithHome(ContainerRecord record, string? otherUser) =>
        otherUser is null && record.Home is { } home && !record.Environment.ContainsKey("HOME")
            ? CommandDefaults.Merge(new Dictionary<string, string> { ["HOME"] = home }, record.Environment)
            : record.Environment;

    private static string Key(EngineContainer container, string? user) => $"{container.Id}/{user}";

    /// <summary>Owners of what is mounted for writing, of whom commands become one where no user is named.</summary>
    /// <param name="specification">The specification.</param>
    protected static IEnumerable<(uint Uid, uint Gid)> WritableOwners(SandboxSpecification specification) => OperatingSystem.IsLinux()
        ? specification.Mounts.Where(m => !m.ReadOnly && Path.Exists(m.Source)).Select(m => Backends.Linux.FileSystem.FileOwner.Of(m.Source))
        : [];

    private static bool CanLimitDisk(EngineInfo info) => info.Driver is "btrfs" or "zfs";

    private static bool MayLimitDisk(EngineInfo info) => CanLimitDisk(info) || (info.Driver == "overlay2" && BackingFileSystem(info) == "xfs");

    private static string BackingFileSystem(EngineInfo info) =>
        info.DriverStatus?.FirstOrDefault(s => s.Count == 2 && s[0] == "Backing Filesystem")?[1] ?? "an unknown file system";

    /// <summary>What is isolated whatever the runtime is.</summary>
    /// <param name="facts">The engine.</param>
    protected static IReadOnlyList<string> CommonIsolation(EngineFacts? facts) =>
        ["files", "processes", "network", "IPC", "host name", "capabilities", "system calls", facts is not null && CanLimitDisk(facts.Info) ? "memory, CPU, process and disk use" : "memory, CPU and process use"];

    /// <summary>What is not isolated whatever the runtime is.</summary>
    /// <param name="facts">The engine.</param>
    protected static IEnumerable<string> CommonGaps(EngineFacts? facts) => facts is null || CanLimitDisk(facts.Info)
        ? []
        : [$"disk use: the engine's storage ({facts.Info.Driver}) has no quotas"];
}
