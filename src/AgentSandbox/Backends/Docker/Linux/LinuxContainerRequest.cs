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

    private static readonly Version s_cgroupNamespaces = new(1, 41);

    /// <summary>From here on a read-only mount is read-only with all that is mounted below it.</summary>
    private static readonly Version s_recursiveReadOnly = new(1, 44);

    /// <summary>Name of the runtime; null is the engine's default.</summary>
    public string? Runtime { get; init; }

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
        SecurityOpt = ["no-new-privileges", "seccomp=" + SeccompProfile.For(WritesToHost(specification))],
        ReadonlyRootfs = specification.ReadOnly,
        Tmpfs = specification.ReadOnly
            ? new Dictionary<string, string> { ["/tmp"] = TemporaryFolder("1777"), ["/var/tmp"] = TemporaryFolder("1777"), ["/run"] = TemporaryFolder("1777") }
            : null,
        Mounts = [.. Mounts(specification)],
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
            yield return Bind(SandboxPrograms.Guest, GuestPath, readOnly: true);
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

    private static bool WritesToHost(SandboxSpecification specification) => specification.Mounts.Any(m => !m.ReadOnly);

    private static string TemporaryFolder(string mode) => $"rw,nosuid,nodev,mode={mode},size=64m";
}
