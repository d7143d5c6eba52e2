using AgentSandbox.Copying.Windows;

namespace AgentSandbox;

/// <summary>The rules for names of sandboxes and images: they become file names and parts of host names, so nothing that any of those could misread.</summary>
public static class SandboxName
{
    /// <summary>Longest name, as for a label of a host name (RFC 1035).</summary>
    public const int MaxLength = 63;

    /// <summary>Tells whether a name is allowed: a letter or digit, then letters, digits, <c>_</c>, <c>.</c> and <c>-</c>; ASCII; at most <see cref="MaxLength"/>; on every system nothing that Windows reserves (<c>con</c>, <c>nul.x</c>, <c>com1</c>, a dot at the end).</summary>
    /// <param name="name">The name.</param>
    /// <returns>True when it is.</returns>
    public static bool IsValid(string? name) =>
        name is { Length: > 0 and <= MaxLength }
        && char.IsAsciiLetterOrDigit(name[0])
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-')
        && WindowsFileName.IsAllowed(name);

    /// <summary>Throws when a name is not allowed.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidName"/>.</exception>
    public static void Validate(string? name)
    {
        if (!IsValid(name))
        {
            throw new SandboxException(SandboxErrorId.InvalidName, Problem(name), Advice, name);
        }
    }

    internal const string Advice = "Use 1 to 63 letters, digits, '_', '.' or '-', beginning with a letter or digit and not ending in a dot; names of devices of Windows (con, nul, com1 …) are reserved.";

    internal static string Problem(string? name) => $"'{Printable(name)}' is no valid name.";

    internal static string Printable(string? name) =>
        string.Concat((name ?? "").Take(80).Select(c => char.IsControl(c) ? '?' : c)) + (name?.Length > 80 ? "…" : "");
}
