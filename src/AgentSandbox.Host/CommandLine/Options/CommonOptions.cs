using System.CommandLine;

namespace AgentSandbox.Host.CommandLine.Options;

/// <summary>Options that several verbs have. One instance each: System.CommandLine finds a value by its option object.</summary>
internal static class CommonOptions
{
    /// <summary>Reports as JSON.</summary>
    public static readonly Option<bool> Json = new("--json") { Description = "Report as JSON, with the property names of the PowerShell objects. Errors too, on standard error." };

    /// <summary>No warnings.</summary>
    public static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "Do not print warnings, such as that a backend is no security boundary." };

    /// <summary>A backend.</summary>
    public static readonly Option<string?> Backend = Text("--backend", "NAME", "nspawn, chroot, docker, gvisor, hyperv, windowssandbox, wsl or auto (default): on Linux nspawn where it is ready, else what the container engine has; on Windows the strongest that is ready. 'agentsandbox backends' shows which.");

    /// <summary>A user inside a sandbox.</summary>
    public static readonly Option<string?> User = Text("--user", "USER", "User inside: name, uid, name:group or uid:gid.");

    /// <summary>Names or ids of sandboxes.</summary>
    /// <param name="description">What happens to them.</param>
    /// <returns>The argument.</returns>
    public static Argument<string[]> Names(string description) => new("name") { HelpName = "NAME", Description = description, Arity = ArgumentArity.OneOrMore };

    /// <summary>Name or id of one sandbox.</summary>
    /// <returns>The argument.</returns>
    public static Argument<string> Name() => new("name") { HelpName = "NAME", Description = "The sandbox's name or id." };

    /// <summary>An option with one value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="placeholder">What the help shows for the value.</param>
    /// <param name="description">What it does.</param>
    /// <returns>The option.</returns>
    public static Option<string?> Text(string name, string placeholder, string description) => new(name) { HelpName = placeholder, Description = description };

    /// <summary>An option that may be given several times, one value each.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="placeholder">What the help shows for the value.</param>
    /// <param name="description">What it does.</param>
    /// <returns>The option.</returns>
    public static Option<string[]> Repeated(string name, string placeholder, string description) =>
        new(name) { HelpName = placeholder, Description = description, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false, DefaultValueFactory = _ => [] };
}
