namespace AgentSandbox;

/// <summary>
/// What a sandbox shall be. Immutable; null means "the backend's default". Checked in one place, <c>SpecificationValidator</c>,
/// with every problem reported at once.
/// </summary>
public sealed record SandboxSpecification
{
    /// <summary>Name of the built-in image: this machine's <c>/usr</c>, read-only, under a fresh small root.</summary>
    public const string HostImage = "host";

    /// <summary>Name of the choice that takes this machine's own boundary where it is ready, else the strongest that the container engine has; on Windows the strongest that is ready.</summary>
    public const string AutoBackend = "Auto";

    /// <summary>Name, unique on this machine without regard to case; made up when null.</summary>
    public string? Name { get; init; }

    /// <summary>Name of a backend, or <see cref="AutoBackend"/>.</summary>
    public string Backend { get; init; } = AutoBackend;

    /// <summary>Name of an image: one of this product's own, or for a container engine's backends any name or id that the engine knows or can pull.</summary>
    public string Image { get; init; } = HostImage;

    /// <summary>An image that the container engine does not have is not pulled; it is an error.</summary>
    public bool NoPull { get; init; }

    /// <summary>Folders and files of the host that the sandbox sees.</summary>
    public IReadOnlyList<SandboxMount> Mounts { get; init; } = [];

    /// <summary>The network; null is <see cref="NetworkMode.None"/> wherever the backend can enforce it.</summary>
    public NetworkMode? Network { get; init; }

    /// <summary>Memory limit in bytes; 0 is unlimited; null is the default limit.</summary>
    public long? Memory { get; init; }

    /// <summary>CPU limit in CPUs; 0 is unlimited; null is the default limit.</summary>
    public double? Cpu { get; init; }

    /// <summary>Limit of processes and threads; 0 is unlimited; null is the default limit.</summary>
    public int? PidLimit { get; init; }

    /// <summary>Limit in bytes of what the sandbox's own files take on the disk; 0 is unlimited; null is the default limit.</summary>
    public long? DiskLimit { get; init; }

    /// <summary>Variables of every command.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>User of every command: <c>name</c>, <c>uid</c>, <c>name:group</c> or <c>uid:gid</c> inside the sandbox; null is the backend's default.</summary>
    public string? User { get; init; }

    /// <summary>Folder that commands start in; null is the user's home.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Host name inside; null is the sandbox's name.</summary>
    public string? Hostname { get; init; }

    /// <summary>The sandbox is removed this long after its creation, whatever it does and whoever is still there; null is never.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <summary>The sandbox is stopped after this long without a command; null is never.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>The root file system can't be written; <c>/tmp</c>, <c>/var/tmp</c> and <c>/run</c> are small file systems in memory.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>What of the kernel is opened that is closed by default; each once, in the order of the names. A record written before there were any has none.</summary>
    public IReadOnlyList<SandboxAllowance> Allow
    {
        get => _allow;
        init => _allow = value is null ? [] : [.. value.Distinct().Order()];
    }

    private readonly IReadOnlyList<SandboxAllowance> _allow = [];

    /// <summary>Tells whether something that is closed by default was asked for.</summary>
    /// <param name="allowance">What.</param>
    /// <returns>True when it is in <see cref="Allow"/>.</returns>
    internal bool Allows(SandboxAllowance allowance) => Allow.Contains(allowance);

    /// <summary>What a list of properties shows of it. All of it, in a form to keep: <c>Export-AgentSandbox</c>.</summary>
    /// <returns>The backend and the image; never a value of the environment, which may be a secret.</returns>
    public override string ToString() => $"{Backend}, image {Image}";
}
