namespace AgentSandbox.Backends.Docker.Engine.Http;

/// <summary>Puts names into the path of a call so that they can't change which call it is.</summary>
internal static class EnginePath
{
    /// <summary>A container's or an exec's id or name as one segment.</summary>
    /// <param name="name">Id or name.</param>
    /// <returns>The escaped segment.</returns>
    /// <exception cref="ArgumentException">Empty, <c>.</c> or <c>..</c>: no escaping keeps those from being folded away.</exception>
    public static string Segment(string name) => name is "" or "." or ".."
        ? throw new ArgumentException("No name of anything in an engine.", nameof(name))
        : Uri.EscapeDataString(name);

    /// <summary>An image's name, whose slashes stay as they are.</summary>
    /// <param name="reference">Name or id.</param>
    /// <returns>The escaped segments.</returns>
    public static string Image(string reference) => string.Join('/', reference.Split('/').Select(Segment));

    /// <summary>A value of the query.</summary>
    /// <param name="value">Any text.</param>
    /// <returns>The escaped text.</returns>
    public static string Value(string value) => Uri.EscapeDataString(value);

    /// <summary>Whether a path of an address can stand before every call's path.</summary>
    /// <param name="path">Empty, or <c>/some/path</c>.</param>
    /// <returns>Whether it is one.</returns>
    public static bool IsPrefix(string path) =>
        path.Length == 0 || (path[0] == '/' && path[1..].Split('/').All(s => s is not ("" or "." or "..") && s.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~')));
}
