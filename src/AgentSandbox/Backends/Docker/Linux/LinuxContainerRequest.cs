using System.Globalization;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Linux;

/// <summary>Turns a sandbox into the body of <c>POST /containers/create</c>. Every protection is said, also those that are an engine's default: defaults can be configured away.</summary>
/// <param name="record">The sandbox.</param>
/// <param name="image">Its image.</param>
/// <param name="facts">The engine.</param>
internal sealed class LinuxContainerRequest(ContainerRecord record, EngineImage image, EngineFacts facts)
{
    /// <summary>Where the guest program is in every sandbox.</summary>
    public const string GuestPath = GuestFolder + "/guest";

    /// <summary>Its folder.</summary>
    public const string GuestFolder = "/.agentsandbox";

    /// <summary>Root, without regard to what an image calls it.</summary>
    public const string Root = "0:0";

    /// <summary>To become another user, to end that one's processes, to mark them, and to give all this up: commands have none.</summary>
    private static readonly string[] s_guestCapabilities = ["SETUID", "SETGID", "KILL", "SETPCAP", "SYS_RESOURCE"];

    private const string NetworkDevice = "/dev/net/tun";

    private static readonly Version s_cgroupNamespaces = new(1, 41);

    /// <summary>From here on a read-only mount is read-only with all that is mounted below it.</summary>
    private static readonly Version s_recursiveReadOnly = new(1, 44);

    /// <summary>With programs in it executable, as in the other backends' and without -ReadOnly: the engine's own default is noexec.</summary>
    private const string TemporaryFolder = "rw,exec,nosuid,nodev,mode=1777,size=64m";

    /// <summary>What stays writable, in memory, when the root is read-only.</summary>
    private static readonly string[] s_temporaryFolders = ["/tmp", "/var/tmp", "/run"];

    /// <summary>Name of the runtime; null is the engine's default.</summary>
    public string? Runtime { get; init; }

    /// <summary>Path of the guest program on this machine, which is mounted where the engine is here too.</summary>
    public required string GuestProgram { get; init; }

    /// <summary>The guest is root, as <see cref="LinuxContainerBackend"/> says.</summary>
    public bool GuestIsRoot { get; init; }

    /// <summary>Makes the body; labels are the caller's.</summary>
    /// <returns>The body.</returns>
    public ContainerCreate Build()
    {
        SandboxSpecification specification = record.Specification;
        return new ContainerCreate
        {
            Image = image.Reference,
            Hostname = specification.Network == NetworkMode.Host && specification.Hostname is null ? null : specification.Hostname ?? record.Name.Replace('_', '-'),
            User = GuestIsRoot ? Root : record.User,
            Entrypoint = [GuestPath],
            Cmd = [.. Serve(record), .. Life()],
            WorkingDir = "/",
            Healthcheck = new Healthcheck { Test = ["NONE"] },
            AttachStdin = true,
            AttachStdout = true,
            AttachStderr = true,
            OpenStdin = true,
            StdinOnce = true,
            StopSignal = "SIGTERM",
            Volumes = facts.IsLocal ? null : new Dictionary<string, EmptyObject> { [GuestFolder] = new() },
            HostConfig = HostConfig(specification),
        };
    }

    /// <summary>
    /// Arguments of a guest in a container, as the first process and as any further server. It installs its own filter behind the engine's:
    /// that one knows more than a profile can say, and with some runtimes (gVisor) the profile does nothing.
    /// </summary>
    /// <param name="record">The sandbox.</param>
    /// <returns>The arguments.</returns>
    public static IReadOnlyList<string> Serve(ContainerRecord record)
    {
        List<string> arguments = ["serve", "--stdio", "--self", GuestPath, "--no-new-privileges", "--drop-capabilities", "--seccomp"];
        if (WritesToHost(record.Specification))
        {
            arguments.Add("--deny-set-id");
        }

        arguments.AddRange(GuestAllowances.Arguments(record.Specification));
        return arguments;
    }

    private IEnumerable<string> Life()
    {
        if (record.Expires is { } expires)
        {
            // Rounded up: never before its time.
            yield return "--expires";
            yield return (expires.AddMilliseconds(999).ToUnixTimeMilliseconds() / 1000).ToString(CultureInfo.InvariantCulture);
        }

        if (record.Specification.IdleTimeout is { } idle)
        {
            yield return "--idle-timeout";
            yield return ((long)Math.Ceiling(idle.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        if (record.ThrowAway)
        {
            yield return "--end-with-input";
        }
    }

    private HostConfig HostConfig(SandboxSpecification specification) => new()
    {
        Runtime = Runtime,
        NetworkMode = specification.Network == NetworkMode.Host ? "host" : "none",
        IpcMode = "private",
        CgroupnsMode = facts.Ping.ApiVersion >= s_cgroupNamespaces ? "private" : null,
        CapDrop = ["ALL"],
        CapAdd = GuestIsRoot ? s_guestCapabilities : null,
        SecurityOpt = ["no-new-privileges", "seccomp=" + SeccompProfile.For(WritesToHost(specification), specification.Allow)],
        ReadonlyRootfs = specification.ReadOnly,
        Tmpfs = specification.ReadOnly ? s_temporaryFolders.ToDictionary(folder => folder, _ => TemporaryFolder) : null,
        Mounts = [.. Mounts(specification)],
        Devices = specification.Allows(SandboxAllowance.Tun) ? [new DeviceMapping { PathOnHost = NetworkDevice, PathInContainer = NetworkDevice, CgroupPermissions = "rw" }] : null,
        Memory = specification.Memory > 0 ? specification.Memory : null,
        MemorySwap = specification.Memory > 0 && facts.Info.SwapLimit ? specification.Memory : null,
        NanoCpus = specification.Cpu > 0 && specification.Cpu < facts.Info.NCPU ? (long)(specification.Cpu * 1e9) : null,
        PidsLimit = specification.PidLimit > 0 ? specification.PidLimit : null,
        StorageOpt = specification.DiskLimit > 0 ? new Dictionary<string, string> { ["size"] = specification.DiskLimit.Value.ToString(CultureInfo.InvariantCulture) } : null,
        LogConfig = new LogConfig { Type = "none" }, // The guest's frames are no log.
        AutoRemove = record.ThrowAway,
        Init = false,
        RestartPolicy = new RestartPolicy { Name = "no" },
    };

    private IEnumerable<Mount> Mounts(SandboxSpecification specification)
    {
        if (facts.IsLocal)
        {
            // The folder is a mount too: one that is not, root in the sandbox could rename, and put another program in the guest's place.
            yield return new Mount { Type = "tmpfs", Target = GuestFolder, ReadOnly = true };
            yield return Bind(GuestProgram, GuestPath, readOnly: true);
        }

        foreach (string volume in specification.ReadOnly ? VolumesOfImage(specification) : [])
        {
            // The engine would make a writable one on its disk, whatever the root is, and takes no read-only one without a name.
            yield return new Mount { Type = "tmpfs", Target = volume, ReadOnly = true };
        }

        foreach (string folder in image.HostBinds)
        {
            yield return Bind(folder, folder, readOnly: true);
        }

        foreach (SandboxMount mount in specification.Mounts)
        {
            yield return Bind(mount.Source, mount.Target, mount.ReadOnly);
        }
    }

    private Mount Bind(string source, string target, bool readOnly) => new()
    {
        Type = "bind",
        Source = source,
        Target = target,
        ReadOnly = readOnly,
        //// Older engines leave what is mounted below a read-only mount writable, so there it is not shown at all.
        BindOptions = new BindOptions { Propagation = "rprivate", NonRecursive = readOnly && facts.Ping.ApiVersion < s_recursiveReadOnly ? true : null },
    };

    /// <summary>Folders for which the image wants volumes, but for those that something else is mounted on.</summary>
    private IEnumerable<string> VolumesOfImage(SandboxSpecification specification)
    {
        string[] taken = [.. specification.Mounts.Select(m => m.Target).Concat(s_temporaryFolders).Append(GuestFolder).Select(Plain)];
        return (image.Image.Config?.Volumes ?? new Dictionary<string, EmptyObject>()).Keys.Where(volume => !taken.Contains(Plain(volume)));
    }

    private static string Plain(string folder) => folder.TrimEnd('/');

    private static bool WritesToHost(SandboxSpecification specification) => specification.Mounts.Any(m => !m.ReadOnly);
}
