namespace AgentSandbox.Backends.Linux.ControlGroups;

/// <summary>Where this machine's control groups are mounted, and which version they are (cgroups(7)).</summary>
internal sealed class ControlGroupHierarchy
{
    private static readonly string[] s_wanted = ["memory", "pids", "cpu"];

    /// <summary>Accounting, and the hierarchy of systemd's own, in which systemd-nspawn makes groups that have to be deleted with ours.</summary>
    private static readonly string[] s_alsoUsed = ["cpuacct", "name=systemd"];

    /// <summary>Holds processes where there is no version 2, which does that in each of its groups.</summary>
    private const string Freezer = "freezer";
    private readonly Dictionary<string, string> _controllers;

    private ControlGroupHierarchy(bool unified, Dictionary<string, string> controllers, IReadOnlyList<string> roots)
    {
        IsUnified = unified;
        _controllers = controllers;
        Roots = roots;
    }

    /// <summary>True when the controllers are in the version 2 tree.</summary>
    public bool IsUnified { get; }

    /// <summary>Mount points in which a sandbox gets a folder.</summary>
    public IReadOnlyList<string> Roots { get; }

    /// <summary>Mount point of the version 2 tree, with or without controllers; null when this machine does not have it.</summary>
    public string? VersionTwoRoot { get; private init; }

    /// <summary>Mount point of the freezer of version 1, where it is used: there is no version 2 then.</summary>
    public string? FreezerRoot => _controllers.GetValueOrDefault(Freezer);

    /// <summary>Mount point of a controller, or null when this machine does not have it.</summary>
    public string? RootOf(string controller) => _controllers.GetValueOrDefault(controller);

    /// <summary>Reads this machine's hierarchy.</summary>
    /// <returns>The hierarchy; it has no roots where control groups are not mounted.</returns>
    public static ControlGroupHierarchy Detect() => Parse(File.ReadAllLines("/proc/self/mountinfo"), ReadControllers);

    /// <summary>Reads a hierarchy from the lines of mountinfo.</summary>
    /// <param name="mountInfo">Lines, proc_pid_mountinfo(5).</param>
    /// <param name="readControllers">Gives cgroup.controllers of a version 2 mount.</param>
    /// <returns>The hierarchy.</returns>
    internal static ControlGroupHierarchy Parse(IEnumerable<string> mountInfo, Func<string, IReadOnlyList<string>> readControllers)
    {
        var v1 = new Dictionary<string, string>(StringComparer.Ordinal);
        string? v2 = null;
        foreach (string line in mountInfo)
        {
            string[] fields = line.Split(' ');
            int dash = Array.IndexOf(fields, "-");
            if (dash < 5 || dash + 3 >= fields.Length)
            {
                continue;
            }

            switch (fields[dash + 1])
            {
                case "cgroup2":
                    v2 ??= fields[4];
                    break;
                case "cgroup":
                    foreach (string option in fields[dash + 3].Split(','))
                    {
                        v1.TryAdd(option, fields[4]);
                    }

                    break;
            }
        }

        if (v2 is not null)
        {
            IReadOnlyList<string> available = readControllers(v2);
            if (s_wanted.Any(available.Contains))
            {
                return new ControlGroupHierarchy(true, available.ToDictionary(c => c, _ => v2, StringComparer.Ordinal), [v2]) { VersionTwoRoot = v2 };
            }
        }

        var used = v1.Where(p => s_wanted.Contains(p.Key) || s_alsoUsed.Contains(p.Key) || (p.Key == Freezer && v2 is null)).ToDictionary(p => p.Key, p => p.Value, StringComparer.Ordinal);
        List<string> roots = [.. used.Values.Distinct()];
        if (v2 is not null)
        {
            roots.Add(v2); // No controllers, but cgroup.kill, and systemd-nspawn makes groups of its own there.
        }

        return new ControlGroupHierarchy(false, used, roots) { VersionTwoRoot = v2 };
    }

    /// <summary>Lets children of a version 2 group have limits. Where systemd or Docker have done so already nothing changes.</summary>
    /// <param name="group">The group.</param>
    public static void EnableControllers(string group)
    {
        string file = Path.Combine(group, "cgroup.subtree_control");
        string[] enabled = File.ReadAllText(file).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        IReadOnlyList<string> available = ReadControllers(group);
        string[] missing = [.. s_wanted.Where(c => available.Contains(c) && !enabled.Contains(c))];
        if (missing.Length > 0)
        {
            File.WriteAllText(file, string.Join(' ', missing.Select(c => "+" + c)));
        }
    }

    private static IReadOnlyList<string> ReadControllers(string group)
    {
        string file = Path.Combine(group, "cgroup.controllers");
        return File.Exists(file) ? File.ReadAllText(file).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries) : [];
    }
}
