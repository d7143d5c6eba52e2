using System.Text.RegularExpressions;

namespace AgentSandbox.Isolation.Observation;

/// <summary>The kernel's security modules that confine a process by the label that it carries, and what labels mean.</summary>
internal static partial class SecurityModules
{
    private const string List = "/sys/kernel/security/lsm";
    private static readonly string[] s_labelling = ["selinux", "apparmor", "smack"];

    // SELinux's reference policy and container-selinux: domains that are allowed what root is.
    private static readonly string[] s_unconfinedTypes = ["unconfined_t", "unconfined_service_t", "spc_t", "kernel_t", "init_t", "initrc_t"];

    /// <summary>Those that are active on this machine.</summary>
    /// <returns>Their names; none where the kernel labels no process.</returns>
    public static IReadOnlyList<string> Active() => File.Exists(List) ? ActiveIn(File.ReadAllText(List)) : OwnLabel("attr/current") is { } own ? [own.Contains(':', StringComparison.Ordinal) ? "selinux" : "apparmor"] : [];

    /// <summary>Those of a list as the kernel gives it.</summary>
    /// <param name="list">Names with commas between them.</param>
    /// <returns>Their names.</returns>
    public static IReadOnlyList<string> ActiveIn(string list) => [.. list.Trim().Split(',').Intersect(s_labelling)];

    /// <summary>Where in a process's folder a module's label is: the one file belongs to the first module only.</summary>
    /// <param name="module">The module.</param>
    /// <param name="folder">The process's folder.</param>
    /// <returns>The file's name in it.</returns>
    public static string FileOf(string module, string folder) => File.Exists($"{folder}/attr/{module}/current") ? $"attr/{module}/current" : "attr/current";

    /// <summary>The label of this process.</summary>
    /// <param name="file">Name of the file.</param>
    /// <returns>The label; null when it has none.</returns>
    public static string? OwnLabel(string file)
    {
        try
        {
            return Clean(File.ReadAllText("/proc/self/" + file)) is { Length: > 0 } label ? label : null;
        }
        catch (IOException)
        {
            return null; // EINVAL: no module answers.
        }
    }

    /// <summary>Says whether SELinux only writes down what it would refuse.</summary>
    /// <returns>False also when that can't be read.</returns>
    public static bool IsPermissive() => File.Exists("/sys/fs/selinux/enforce") && File.ReadAllText("/sys/fs/selinux/enforce").Trim() == "0";

    /// <summary>Says whether a label confines the process that carries it.</summary>
    /// <param name="module">The module.</param>
    /// <param name="label">The label, as it is in /proc.</param>
    /// <param name="own">The label of a process outside of every sandbox; null when it has none.</param>
    /// <param name="permissive">The module only writes down what it would refuse.</param>
    /// <returns>True when rules of its own bind the process.</returns>
    public static bool Confines(string module, string label, string? own, bool permissive) => module switch
    {
        // unconfined; or NAME (MODE), where complain lets everything pass and a profile may itself say unconfined.
        "apparmor" => Profile().Match(Clean(label)) is { Success: true } match && match.Groups[1].Value is "enforce" or "kill",
        "selinux" => !permissive && Clean(label).Split(':') is [_, _, string type, ..] && !s_unconfinedTypes.Contains(type) && type != own?.Split(':').ElementAtOrDefault(2),
        // "_" is what everything has that nobody gave another.
        "smack" => Clean(label) is { Length: > 0 } text && text != "_" && text != own,
        _ => false,
    };

    /// <summary>Without the zero or the line's end that the kernel puts behind it.</summary>
    /// <param name="label">The label.</param>
    /// <returns>The rest.</returns>
    public static string Clean(string label) => label.TrimEnd('\0', '\n');

    [GeneratedRegex(@"^.+ \((\w+)\)$")]
    private static partial Regex Profile();
}
