using System.Globalization;
using AgentSandbox.Backends.WindowsSandbox.Configuration;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox;

/// <summary>What may be asked of Windows Sandbox. What it can't enforce is refused, so that nothing is passed over without a word.</summary>
internal static class WindowsSandboxRules
{
    /// <summary>The one user there is: an administrator of the instance.</summary>
    public const string User = "WDAGUtilityAccount";

    /// <summary>What is not isolated, and what can't be promised.</summary>
    public static IReadOnlyList<string> Gaps { get; } =
    [
        "mapped folders: what is mounted rw can be changed and deleted from inside, and a folder of this product is written from inside",
        "commands from one another and from the guest program: their user is an administrator of the instance",
        "CPU use, the number of processes, and disk use: Windows Sandbox has no limit for them",
        "with -Network Host, the network: all that this machine reaches, but for its loopback",
        "the hypervisor and the hardware: shared with this machine, side channels of the processor included",
    ];

    /// <summary>Fills in defaults.</summary>
    /// <param name="specification">What the user asked for.</param>
    /// <param name="name">The backend's name.</param>
    public static SandboxSpecification ApplyDefaults(SandboxSpecification specification, string name) => specification with
    {
        Backend = name,
        Network = specification.Network ?? NetworkMode.None,
        Memory = specification.Memory ?? 4L << 30, // Windows' own default.
        Cpu = specification.Cpu ?? 0,
        PidLimit = specification.PidLimit ?? 0,
        DiskLimit = specification.DiskLimit ?? 0,
        User = IsTheUser(specification.User) ? null : specification.User,
    };

    /// <summary>Tells whether a user is the one there is.</summary>
    /// <param name="user">The user; null is no matter.</param>
    public static bool IsTheUser(string? user) => string.Equals(user, User, StringComparison.OrdinalIgnoreCase);

    /// <summary>Finds what can't be done.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <param name="home">The state folder.</param>
    /// <param name="host">The host's file system.</param>
    public static IEnumerable<SpecificationProblem> Problems(SandboxSpecification specification, SandboxHome home, IHostFolders host) =>
        Limits(specification).Concat(Identity(specification)).Concat(Mounts(specification, home, host)).Concat(GuestAllowances.RefuseAll(specification));

    /// <summary>What a user should be told.</summary>
    /// <param name="specification">The specification with defaults.</param>
    public static IReadOnlyList<string> Warnings(SandboxSpecification specification)
    {
        var warnings = new List<string>();
        if (specification.Network == NetworkMode.Host)
        {
            warnings.Add("The sandbox reaches every network that this machine reaches.");
        }

        if (specification.Mounts.Any(m => !m.ReadOnly))
        {
            warnings.Add("What is mounted rw can be changed and deleted from inside; nothing bounds how much is written there.");
        }

        return warnings;
    }

    private static IEnumerable<SpecificationProblem> Limits(SandboxSpecification specification)
    {
        if (specification.Memory == 0)
        {
            yield return NotEnforceable("Memory", "An instance always has a certain amount of memory.", "Leave -Memory out (4 GB), or give at least 2 GB.");
        }
        else if (specification.Memory >> 20 is < ConfigurationRules.LowestMemory)
        {
            yield return new(SandboxErrorId.MemoryTooSmall, "Memory", $"Windows Sandbox would raise {ByteSize.Format(specification.Memory ?? 0)} of memory to 2 GB without a word.", "Give at least 2 GB.");
        }
        else if (specification.Memory >> 20 is > ConfigurationRules.HighestMemory)
        {
            yield return new(SandboxErrorId.InvalidLimit, "Memory", "The memory limit is out of range.", "Give at most 1 TB.");
        }

        foreach ((string parameter, bool asked, string what) in new[]
        {
            ("Cpu", specification.Cpu > 0, "the use of CPUs"),
            ("PidLimit", specification.PidLimit > 0, "the number of processes"),
            ("DiskLimit", specification.DiskLimit > 0, "the use of its disk"),
        })
        {
            if (asked)
            {
                yield return NotEnforceable(parameter, $"Windows Sandbox can't limit {what}.", $"Leave -{parameter} out.");
            }
        }

        if (specification.ReadOnly)
        {
            yield return NotEnforceable("ReadOnly", "Windows Sandbox has no read-only disk.", "Leave -ReadOnly out; what a sandbox writes is gone with it.");
        }

        if (specification.IdleTimeout is not null)
        {
            yield return NotEnforceable("IdleTimeout", "Windows Sandbox can't stop an instance and keep its files.", "Use -TimeToLive, which removes the sandbox.");
        }
    }

    private static IEnumerable<SpecificationProblem> Identity(SandboxSpecification specification)
    {
        if (!string.Equals(specification.Image, SandboxSpecification.HostImage, StringComparison.OrdinalIgnoreCase))
        {
            yield return NotEnforceable("Image", "Windows Sandbox runs this machine's own Windows, fresh, and no image.", $"Leave -Image out ('{SandboxSpecification.HostImage}').");
        }

        if (specification.User is not null)
        {
            yield return NotEnforceable("User", $"An instance has one user, {User}, who is an administrator in it.", "Leave -User out.");
        }

        if (specification.Hostname is not null)
        {
            yield return NotEnforceable("Hostname", "The name of an instance's computer is Windows' choice.", "Leave -Hostname out.");
        }
    }

    private static IEnumerable<SpecificationProblem> Mounts(SandboxSpecification specification, SandboxHome home, IHostFolders host)
    {
        foreach (SandboxMount mount in specification.Mounts)
        {
            if (ConfigurationRules.HostProblem(mount.Source, host) is { } source)
            {
                yield return Mount(source, "Mount a folder on a drive of this machine by its own path, or copy what the sandbox needs with Copy-SandboxItem.");
            }
            else if (new[] { home.Data, home.Runtime }.Any(own => ConfigurationRules.Contains(own, mount.Source, host.IsWindows) || ConfigurationRules.Contains(mount.Source, own, host.IsWindows)))
            {
                yield return Mount($"'{mount.Source}' holds this product's own state, or is in it.", "Mount a folder that does not.");
            }

            if (ConfigurationRules.SandboxProblem(mount.Target) is { } target)
            {
                yield return Mount(target, @"Name another target, such as C:\work: source:C:\work.");
            }
        }

        foreach ((string first, string second) in ConfigurationRules.Nested(specification.Mounts.Select(m => m.Source), host.IsWindows).Concat(ConfigurationRules.Nested(specification.Mounts.Select(m => m.Target), windows: true)))
        {
            yield return Mount($"'{first}' and '{second}' are the same folder, or one is in the other.", "Mount the outer one only.");
        }

        int length = specification.Mounts.Sum(m => m.Source.Length + m.Target.Length + 150);
        if (length > ConfigurationRules.MaxLength - 4096)
        {
            yield return Mount(string.Create(CultureInfo.InvariantCulture, $"{specification.Mounts.Count} mounts make a configuration that is too long to be passed on."), "Use fewer mounts, or shorter paths.");
        }
    }

    private static SpecificationProblem Mount(string message, string action) => new(SandboxErrorId.MountNotSupported, "Mount", message, action);

    private static SpecificationProblem NotEnforceable(string parameter, string message, string action) => new(SandboxErrorId.NotEnforceable, parameter, message, action);
}
