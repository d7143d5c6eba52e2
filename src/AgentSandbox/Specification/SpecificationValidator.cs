using System.Globalization;
using AgentSandbox.Backends.Docker.Windows;

namespace AgentSandbox;

/// <summary>Checks what does not depend on a backend. Backends add what they can't enforce. Finds every problem, not the first.</summary>
internal static class SpecificationValidator
{
    /// <summary>Below this neither systemd-nspawn nor the guest program starts.</summary>
    public const long MinMemory = 16L << 20;

    /// <summary>Below this the guest and one shell with one child don't fit.</summary>
    public const int MinPids = 16;

    /// <summary>Below this ext4 has no room for its own structures.</summary>
    public const long MinDisk = 16L << 20;

    private const int MaxMounts = 64;

    /// <summary>Finds the problems.</summary>
    /// <param name="specification">What the user asked for.</param>
    /// <param name="style">How paths in the sandbox are written.</param>
    /// <param name="sourcesAreHere">The sources of its mounts are paths of this machine, and looked at. Else the backend does that.</param>
    /// <returns>The problems.</returns>
    public static IEnumerable<SpecificationProblem> Validate(SandboxSpecification specification, SandboxPathStyle style = SandboxPathStyle.Linux, bool sourcesAreHere = true) =>
        Identity(specification, style).Concat(Limits(specification)).Concat(Times(specification)).Concat(Allowances(specification)).Concat(Environment(specification)).Concat(Mounts(specification, style, sourcesAreHere));

    /// <summary>Throws one exception that carries all problems.</summary>
    /// <param name="problems">The problems; none is fine.</param>
    /// <param name="target">The sandbox's name.</param>
    public static void Throw(IReadOnlyList<SpecificationProblem> problems, string? target)
    {
        if (problems.Count > 0)
        {
            throw new SandboxException(
                problems[0].ErrorId,
                string.Join(System.Environment.NewLine, problems.Select(p => p.Message)),
                string.Join(System.Environment.NewLine, problems.Select(p => p.RecommendedAction).Distinct()),
                target)
            { Problems = problems };
        }
    }

    /// <summary>Throws when variables can't be handed to a process.</summary>
    /// <param name="environment">The variables.</param>
    public static void ThrowIfInvalid(IReadOnlyDictionary<string, string> environment) => Throw([.. Environment(environment)], null);

    private static IEnumerable<SpecificationProblem> Identity(SandboxSpecification s, SandboxPathStyle style)
    {
        if (s.Name is not null && !SandboxName.IsValid(s.Name))
        {
            yield return new(SandboxErrorId.InvalidName, "Name", SandboxName.Problem(s.Name), SandboxName.Advice);
        }

        if (s.Hostname is not null && (!SandboxName.IsValid(s.Hostname) || s.Hostname.Contains('_', StringComparison.Ordinal)))
        {
            yield return Invalid("Hostname", "The host name is not valid.", "Use 1 to 63 letters, digits, '.' or '-' (hostname(7)).");
        }

        if (s.User is not null && !IsUser(s.User))
        {
            yield return Invalid("User", "The user is not valid.", "Write name, uid, name:group or uid:gid.");
        }

        if (s.WorkingDirectory is not null && !(style == SandboxPathStyle.Windows ? WindowsPath.IsClean(s.WorkingDirectory) : IsCleanPath(s.WorkingDirectory)))
        {
            yield return Invalid("WorkingDirectory", "The working directory is no absolute path of a sandbox.", $"Write a path that begins with {(style == SandboxPathStyle.Windows ? @"a drive, such as 'C:\'," : "'/'")} and has no '..' in it.");
        }
    }

    private static IEnumerable<SpecificationProblem> Limits(SandboxSpecification s)
    {
        if (s.Memory is < 0 or (> 0 and < MinMemory))
        {
            yield return new(SandboxErrorId.MemoryTooSmall, "Memory", $"A memory limit of {ByteSize.Format(Math.Max(0, s.Memory.Value))} is below what a sandbox needs to run.", $"Give at least {ByteSize.Format(MinMemory)}, or 0 for no limit.");
        }

        if (s.Cpu is { } cpu && (!double.IsFinite(cpu) || cpu < 0 || cpu is > 0 and < 0.01 || cpu > 4096))
        {
            yield return new(SandboxErrorId.InvalidLimit, "Cpu", "The CPU limit is out of range.", "Give a number of CPUs from 0.01 on, such as 0.5, or 0 for no limit.");
        }

        if (s.PidLimit is < 0 or (> 0 and < MinPids))
        {
            yield return new(SandboxErrorId.InvalidLimit, "PidLimit", "The process limit is out of range.", string.Create(CultureInfo.InvariantCulture, $"Give at least {MinPids}, or 0 for no limit."));
        }

        if (s.DiskLimit is < 0 or (> 0 and < MinDisk) or > 64L << 40)
        {
            yield return new(SandboxErrorId.InvalidLimit, "DiskLimit", "The disk limit is out of range.", $"Give at least {ByteSize.Format(MinDisk)}, or 0 for no limit.");
        }
    }

    private static IEnumerable<SpecificationProblem> Times(SandboxSpecification s)
    {
        foreach ((string name, TimeSpan? value) in new[] { ("TimeToLive", s.TimeToLive), ("IdleTimeout", s.IdleTimeout) })
        {
            if (value is { } time && (time <= TimeSpan.Zero || time > TimeSpan.FromDays(3650)))
            {
                yield return Invalid(name, $"{name} is out of range.", "Give a time above zero, for example 1h.");
            }
        }
    }

    private static IEnumerable<SpecificationProblem> Allowances(SandboxSpecification s)
    {
        foreach (SandboxAllowance unknown in s.Allow.Where(allowance => !Enum.IsDefined(allowance)))
        {
            yield return Invalid("Allow", AllowanceName.Problem(unknown.ToString()), $"Use {string.Join(", ", AllowanceName.All)}.");
        }

        // No program with a set-user-id bit may get into a folder of the host, where it would be a real one. The filter sees to that, but not to what a ring does, nor to
        // what overlayfs does by itself: mounted in a nested namespace over such a folder, it copies programs up with their bits, and there root may write into them.
        foreach (SandboxAllowance allowance in s.Allow.Where(a => (a is SandboxAllowance.IoUring or SandboxAllowance.NestedUserNamespace) && s.Mounts.Any(mount => !mount.ReadOnly)))
        {
            yield return new(
                SandboxErrorId.NotEnforceable,
                "Allow",
                $"With {allowance} nothing keeps set-user-id programs out of a folder of the host that can be written.",
                $"Mount it read-only and copy out with Copy-SandboxItem, or leave {allowance} out.");
        }
    }

    private static IEnumerable<SpecificationProblem> Environment(SandboxSpecification s) => Environment(s.Environment);

    private static IEnumerable<SpecificationProblem> Environment(IReadOnlyDictionary<string, string> environment)
    {
        foreach ((string name, string value) in environment)
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal) || value is null || value.Contains('\0', StringComparison.Ordinal))
            {
                yield return new(SandboxErrorId.InvalidEnvironment, "Environment", $"The environment variable '{name.Replace('\0', '?')}' is not valid.", "Names can't be empty or have '=' in them, and neither names nor values can have NUL in them (environ(7)).");
            }
        }
    }

    private static IEnumerable<SpecificationProblem> Mounts(SandboxSpecification s, SandboxPathStyle style, bool sourcesAreHere)
    {
        if (s.Mounts.Count > MaxMounts)
        {
            yield return new(SandboxErrorId.InvalidMount, "Mount", string.Create(CultureInfo.InvariantCulture, $"{s.Mounts.Count} mounts are too many."), string.Create(CultureInfo.InvariantCulture, $"Give at most {MaxMounts}."));
        }

        bool isWindows = style == SandboxPathStyle.Windows;
        var targets = new HashSet<string>(isWindows ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
        foreach (SandboxMount mount in s.Mounts)
        {
            if (isWindows && (!WindowsPath.IsClean(mount.Target) || WindowsPath.IsRoot(mount.Target)))
            {
                yield return new(SandboxErrorId.InvalidMount, "Mount", $"'{mount.Target}' can't be the target of a mount.", @"Write an absolute path without '..', other than a drive's root, such as C:\work.");
            }
            else if (!isWindows && (!IsCleanPath(mount.Target) || mount.Target.Trim('/').Length == 0 || IsReserved(mount.Target)))
            {
                yield return new(SandboxErrorId.InvalidMount, "Mount", $"'{mount.Target}' can't be the target of a mount.", "Write an absolute path without '..', other than '/' and not below /proc, /sys, /dev, /run or /.agentsandbox.");
            }
            else if (!targets.Add(isWindows ? WindowsPath.Normal(mount.Target) : mount.Target.TrimEnd('/')))
            {
                yield return new(SandboxErrorId.InvalidMount, "Mount", $"'{mount.Target}' is the target of two mounts.", "Give each mount its own target.");
            }

            if (!sourcesAreHere)
            {
                continue;
            }

            if (!Path.IsPathFullyQualified(mount.Source))
            {
                yield return new(SandboxErrorId.InvalidMount, "Mount", $"The source '{mount.Source}' is no absolute path.", "Write an absolute path.");
            }
            else if (!Path.Exists(mount.Source))
            {
                yield return new(SandboxErrorId.MountSourceNotFound, "Mount", $"The source '{mount.Source}' does not exist.", "Create it, or correct the path.");
            }
            else if (mount.Source.StartsWith("/proc/", StringComparison.Ordinal) || mount.Source == "/proc")
            {
                yield return new(SandboxErrorId.MountNotSupported, "Mount", "The host's /proc can't be mounted.", "A sandbox has a /proc of its own.");
            }
        }
    }

    private static bool IsReserved(string target)
    {
        string first = target.Split('/', StringSplitOptions.RemoveEmptyEntries)[0];
        return first is "proc" or "sys" or "dev" or "run" or ".agentsandbox";
    }

    internal static bool IsCleanPath(string path) =>
        path.Length is > 0 and < 4096 && path[0] == '/' && !path.Contains('\0', StringComparison.Ordinal) && !path.Split('/').Contains("..");

    private static bool IsUser(string user)
    {
        string[] parts = user.Split(':');
        return parts.Length <= 2 && parts.All(p => p.Length is > 0 and <= 64 && p.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.'));
    }

    private static SpecificationProblem Invalid(string parameter, string message, string action) => new(SandboxErrorId.InvalidSpecification, parameter, message, action);
}
